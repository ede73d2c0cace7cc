// /doctor and /verify: is this installation in order, and does everything add up?
import { z } from '@hono/zod-openapi'
import { verify } from '../../engine/report/verify.ts'
import { diagnose } from '../../engine/service/doctor.ts'
import { type ApiFacts, answers, apiRouter, operation } from '../api.ts'

const diagnosis = z
  .object({
    ok: z.boolean(),
    findings: z.array(
      z.object({
        check: z.string(),
        ok: z.boolean(),
        isWarning: z.literal(true).optional().openapi({ description: 'worth a look, but nothing is broken' }),
        detail: z.string(),
      }),
    ),
    settings: z.record(z.string(), z.unknown()).openapi({ description: 'every setting that holds, without secrets' }),
  })
  .openapi('Diagnosis')

const verification = z
  .object({
    ok: z.boolean(),
    checks: z.array(
      z.object({
        name: z.string(),
        says: z.string().openapi({ description: 'what must hold' }),
        ok: z.boolean(),
        broken: z.array(z.string()).openapi({ description: 'what breaks it, a few of many' }),
      }),
    ),
  })
  .openapi('Verification')

const tags = ['Installation']

export function installationRoutes({ ctx }: ApiFacts) {
  return apiRouter()
    .openapi(
      operation('administer', {
        operationId: 'checkInstallation',
        method: 'get',
        path: '/doctor',
        tags,
        summary: 'Is this installation in order?',
        responses: { 200: answers(diagnosis, 'findings and settings') },
      }),
      async (c) => c.json(await diagnose(ctx), 200),
    )
    .openapi(
      operation('administer', {
        operationId: 'verifyInstallation',
        method: 'get',
        path: '/verify',
        tags,
        summary: 'Recount everything, and check all that must hold',
        responses: { 200: answers(verification, 'the checks') },
      }),
      async (c) => c.json(await verify(ctx), 200),
    )
}
