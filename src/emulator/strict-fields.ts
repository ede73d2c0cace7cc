// Fields as the strictest reading of every provider's page takes them. Shared by dialects only: a driver must not check as
// they do.
import { z } from 'zod'

/** Neither empty nor longer than so many characters of Unicode, each of which may take two units in memory. */
export function text(max: number) {
  return z
    .string()
    .min(1)
    .refine((value) => [...value].length <= max, `has more than ${max} characters`)
}

/** An http address in the characters of RFC 3986: no blank, no letter outside ASCII, nothing loose behind a percent sign. */
export const webAddress = z
  .string()
  .max(2048)
  .regex(
    /^https?:\/\/[A-Za-z0-9.-]+(?::\d+)?(?:[/?#](?:[A-Za-z0-9\-._~:/?#@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*)?$/,
    'is no http address in percent-encoded ASCII',
  )

export const uuid = z.guid()

/** One picture as people see it, or nothing where a reaction is taken back. */
export const emojiOrNothing = z
  .string()
  .refine(
    (value) =>
      value === '' ||
      (/\p{Emoji}/u.test(value) &&
        !/^\d$/.test(value) &&
        [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(value)].length === 1),
    'is not one emoji',
  )
