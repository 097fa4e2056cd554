import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { appModule } from './app.module.js';
import { type AppMessage, type AppSettings, SETTINGS_VARIABLE } from './app-settings.js';
import { bookmarkSettings } from './bookmark-settings.js';
import { Skipped } from '../scenario.js';

const settings = JSON.parse(process.env[SETTINGS_VARIABLE] ?? '') as AppSettings;

function tell(message: AppMessage): void {
  process.send?.(message);
}

try {
  const module = appModule(settings.servers, await bookmarkSettings(settings));
  const app = await NestFactory.create(module, { logger: ['fatal', 'error'] });
  // The parent is gone or has had enough.
  process.on('disconnect', () => void app.close());
  await app.listen(0, '127.0.0.1');
  tell({ url: await app.getUrl() });
} catch (cause) {
  if (!(cause instanceof Skipped)) throw cause;
  tell({ skipped: cause.message });
  process.disconnect();
}
