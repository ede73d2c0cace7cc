// Settings that become a part of a path: each part of them is one name, and none climbs.
import { z } from 'zod'
import { isPlainPath } from '../domain/plain-path.ts'

const climbs = 'has a part "." or ".."'

/** `/a/b`; empty for no prefix where that may be. */
export function pathPrefix(): z.ZodString {
  return z
    .string()
    .regex(/^(?:\/[A-Za-z0-9_.~-]+)*$/, 'begins with / and does not end with it')
    .refine((path) => path === '' || isPlainPath(path), climbs)
}

/** One name within a path. */
export function pathName(): z.ZodString {
  return z
    .string()
    .regex(/^[A-Za-z0-9_.~-]{1,100}$/, 'has letters, digits and . _ ~ -')
    .refine((name) => isPlainPath(`/${name}`), climbs)
}
