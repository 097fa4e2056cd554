import { createHmac } from 'node:crypto';
import type { ClientRequest } from './client-request.js';

/**
 * What tells clients without cookies from each other, hashed, so that whoever reads the store learns nothing of them:
 * address, user agent, and what encodings and languages they take. Two of one name are pinned together, which costs the
 * master a little and harms nobody. From the clearcare fork of django-multidb-router, which believes every forwarded-for.
 */
export function clientFingerprint({ ip, socket, headers }: ClientRequest, secret: string): string {
  const parts = [
    ip ?? socket.remoteAddress,
    headers['user-agent'],
    headers['accept-encoding'],
    headers['accept-language'],
  ];
  return createHmac('sha256', secret).update(JSON.stringify(parts)).digest('base64url');
}
