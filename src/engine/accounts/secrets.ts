// Random secrets that people and programs show us: made here, stored as SHA-256 only.
import { createHash, randomBytes } from 'node:crypto'

/** 256 random bits. */
export function makeSecret(): string {
  return randomBytes(32).toString('base64url')
}

export function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
