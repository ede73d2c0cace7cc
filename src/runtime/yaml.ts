// The reader of YAML, loaded when a file is read: most commands read none, and it is a tenth of their start.
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

export function loadYaml(): typeof import('yaml') {
  return require('yaml') as typeof import('yaml')
}
