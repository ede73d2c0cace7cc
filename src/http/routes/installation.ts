// /needs, /doctor and /verify: what waits for a person, is this installation in order, and does everything add up?
import { z } from '@hono/zod-openapi'
import { verify } from '../../engine/report/verify.ts'
import { diagnose } from '../../engine/service/doctor.ts'
import { needText } from '../../engine/service/need-words.ts'
import { NEEDS_COUNTED_MAX, needKinds, needsOf } from '../../engine/service/needs.ts'
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

const needsView = z
  .object({
    needs: z.array(
      z.object({
        kind: z.enum(needKinds),
        id: z.string().nullable().openapi({ description: 'of the one thing that it is about; null for many alike' }),
        name: z.string().nullable(),
        reason: z.string().nullable().openapi({ description: 'why it is paused' }),
        detail: z.string().nullable(),
        count: z
          .int()
          .openapi({ description: `messages, replies, templates or lines; at most ${NEEDS_COUNTED_MAX} are counted` }),
        text: z.string().openapi({ description: 'what waits, in one sentence' }),
      }),
    ),
  })
  .openapi('Needs')

const tags = ['Installation']

export function installationRoutes({ ctx }: ApiFacts) {
  return apiRouter()
    .openapi(
      operation('read', {
        operationId: 'listNeeds',
        method: 'get',
        path: '/needs',
        tags,
        summary: 'What waits for a person',
        responses: { 200: answers(needsView, 'as the overview shows it') },
      }),
      async (c) => c.json({ needs: (await needsOf(ctx)).map((need) => ({ ...need, text: needText(need) })) }, 200),
    )
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
