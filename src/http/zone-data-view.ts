// The time zone rules of this runtime, as the API tells of them.
import { z } from '@hono/zod-openapi'

export const zoneDataView = z
  .object({
    version: z.string().openapi({ description: 'of the time zone rules, as IANA names it', example: '2025c' }),
    warning: z.string().nullable().openapi({ description: 'null while they are younger than nine months' }),
  })
  .openapi('ZoneData')
