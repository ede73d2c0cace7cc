// Recorded shapes of callbacks, with invented data: samples/webhooks/<provider>/<name>.json.
import { readFileSync } from 'node:fs'

export function readSample(provider: string, name: string): string {
  return readFileSync(new URL(`../../samples/webhooks/${provider}/${name}.json`, import.meta.url), 'utf8')
}
