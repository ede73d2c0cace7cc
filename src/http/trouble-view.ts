// What is in trouble, as the API tells it.
import { z } from '@hono/zod-openapi'

export const troubleViews = z
  .array(
    z
      .object({
        work: z.string().openapi({ description: 'which work fails', example: 'sending' }),
        id: z.string().nullable().openapi({ description: 'the sender, campaign, run … it is done for' }),
        code: z.string(),
        message: z.string(),
        hint: z.string().nullable(),
        since: z.iso.datetime(),
        nextTryAt: z.iso.datetime(),
      })
      .openapi('Trouble'),
  )
  .openapi({ description: 'what fails and is tried again by itself; empty when all is well' })
