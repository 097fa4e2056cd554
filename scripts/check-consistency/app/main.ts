import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { appModule } from './app.module.js';
import { type AppMessage, type AppSettings, SETTINGS_VARIABLE } from './app-settings.js';
import { bookmarkSettings } from './bookmark-settings.js';

const settings = JSON.parse(process.env[SETTINGS_VARIABLE] ?? '') as AppSettings;

const module = appModule(settings.servers, bookmarkSettings(settings));
const app = await NestFactory.create(module, { logger: ['fatal', 'error'] });
// The parent is gone or has had enough; a store's client would go on, and look for its server for ever.
process.on('disconnect', () => void app.close().finally(() => process.exit()));
await app.listen(0, '127.0.0.1');
process.send?.({ url: await app.getUrl() } satisfies AppMessage);
