// What a fault script may say. A rule names which requests it is about (`match`), when in their life it acts (`phase`)
// and what then happens (`action`). Unknown keys are refused: a fault that never fires proves nothing.
import { z } from 'zod'
import { AppError } from '../domain/errors.ts'
import { dialectNames, statusNames } from './dialect.ts'

const count = z.int().min(1)
const ms = z.number().min(0).max(3_600_000)
const httpStatus = z.int().min(200).max(599)

/** All that is given must hold. */
const match = z.strictObject({
  dialect: z.enum(dialectNames).optional(),
  /** Kind of request; `any` for all of them. */
  operation: z.string().min(1).default('send'),
  /** Recipients; only the digits are compared. */
  to: z.union([z.string(), z.array(z.string()).min(1)]).optional(),
  bodyIncludes: z.string().min(1).optional(),
  /** Of the requests that match so far in this phase, the first is 1. */
  nth: z.union([count, z.array(count).min(1)]).optional(),
  /** Each second, third … of them. */
  every: count.optional(),
  /** Decided by seed, rule, recipient and how often that recipient came; not by order of arrival. */
  probability: z.number().min(0).max(1).optional(),
  /** The rule is over when it has acted so often. */
  times: count.optional(),
})

/** Actions that need nothing but their name. */
const bareActions = [
  'resetConnection',
  'closeAfterHalfStatusLine',
  'closeAfterHeaders',
  'closeAfterHalfAnswer',
  'dropAnswer',
  'emptyBody',
  'html',
  'malformedJson',
  'hugeBody',
  'noId',
  'duplicateId',
  'throttle',
] as const

const action = z.discriminatedUnion('type', [
  /** Any HTTP answer; a body that is no text is sent as JSON. */
  z.strictObject({
    type: z.literal('answer'),
    status: httpStatus,
    body: z.unknown().optional(),
    headers: z.record(z.string().toLowerCase(), z.string()).default({}),
  }),
  /** The provider's own error body and HTTP status for one of its codes. */
  z.strictObject({
    type: z.literal('providerError'),
    code: z.union([z.string().min(1), z.number()]).transform(String),
    details: z.string().optional(),
    /** Another HTTP status than the documented one. */
    status: httpStatus.optional(),
  }),
  /** The provider's own throttle error, or with its body under another status. */
  z.strictObject({
    type: z.literal('throttle'),
    status: httpStatus.optional(),
    /** Header as it stands, also nonsense. */
    retryAfter: z.union([z.string(), z.number()]).transform(String).optional(),
  }),
  /** TCP reset; in phase duringAnswer after half of the answer. */
  z.strictObject({ type: z.literal('resetConnection') }),
  z.strictObject({ type: z.literal('closeAfterHalfStatusLine') }),
  z.strictObject({ type: z.literal('closeAfterHeaders') }),
  z.strictObject({ type: z.literal('closeAfterHalfAnswer') }),
  /** The connection stays open and nothing comes. */
  z.strictObject({ type: z.literal('dropAnswer') }),
  z.strictObject({ type: z.literal('delay'), ms }),
  /** The answer comes in small pieces. */
  z.strictObject({ type: z.literal('trickle'), everyMs: ms, bytes: count.default(1) }),
  z.strictObject({ type: z.literal('emptyBody'), status: httpStatus.default(200) }),
  z.strictObject({ type: z.literal('html'), status: httpStatus.default(200) }),
  z.strictObject({ type: z.literal('malformedJson'), status: httpStatus.default(200) }),
  z.strictObject({
    type: z.literal('hugeBody'),
    status: httpStatus.default(200),
    bytes: count.default(16 * 1024 * 1024),
  }),
  z.strictObject({ type: z.literal('noId') }),
  /** The id of an earlier message; its own when there is none. */
  z.strictObject({ type: z.literal('duplicateId') }),
  z.strictObject({
    type: z.literal('redirect'),
    url: z.string().min(1),
    status: z.int().min(300).max(399).default(302),
  }),
  /** How the callbacks of an accepted message go; the answer is left alone. */
  z.strictObject({
    type: z.literal('webhooks'),
    /** Instead of sent, delivered and, for about half, read. Empty: none at all. */
    statuses: z.array(z.enum(statusNames)).optional(),
    /** Code of a `failed`; alone it means statuses: [failed]. */
    errorCode: z
      .union([z.string().min(1), z.number()])
      .transform(String)
      .optional(),
    /** How often each is posted. */
    copies: count.default(1),
    /** Planned, entered in the ledger, never posted. */
    lost: z.boolean().default(false),
    /** Waited before the first, on top of the usual delay. */
    lateMs: ms.default(0),
    shuffled: z.boolean().default(false),
    /** All in one POST. */
    together: z.boolean().default(false),
    /** The first attempt of each carries a wrong signature; the repeats are right. */
    wrongSignature: z.boolean().default(false),
    /** The answer waits until they were posted. */
    beforeAnswer: z.boolean().default(false),
  }),
])

const rule = z
  .strictObject({
    match: match.prefault({}),
    phase: z.enum(['before', 'afterAccept', 'duringAnswer']),
    action: z.union([z.enum(bareActions).transform((type) => action.parse({ type })), action]),
  })
  .superRefine(({ phase, action: { type } }, ctx) => {
    const needsMessage = type === 'noId' || type === 'duplicateId' || type === 'webhooks'
    if (phase === 'before' && needsMessage)
      ctx.addIssue({ code: 'custom', message: `${type} needs an accepted message`, path: ['phase'] })
    if (phase === 'duringAnswer' && type === 'webhooks')
      ctx.addIssue({ code: 'custom', message: 'webhooks belongs to the phase afterAccept', path: ['phase'] })
  })

const script = z.union([
  z.array(rule).transform((rules) => ({ seed: undefined, rules })),
  z.strictObject({ seed: z.union([z.string(), z.number()]).optional(), rules: z.array(rule) }),
])

/** A rule as it is written. */
export type FaultRule = z.input<typeof rule>
export type FaultPhase = FaultRule['phase']
/** Rules, or rules with the seed of their chance. */
export type FaultScript = z.input<typeof script>
/** A rule with every default filled in. */
export type ReadRule = z.output<typeof rule>
export type FaultAction = z.output<typeof action>
export type WebhookFault = Extract<FaultAction, { type: 'webhooks' }>

/** Throws AppError config.invalid with the place of the first mistake. */
export function readFaultScript(value: unknown): z.output<typeof script> {
  const result = (Array.isArray(value) ? script.options[0] : script.options[1]).safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const place = issue?.path.join('/') ?? ''
  throw new AppError('config.invalid', `the fault script is wrong at /${place}: ${deepest(issue)}`, {
    hint: 'A rule is { match, phase: before | afterAccept | duringAnswer, action: { type, … } }.',
  })
}

/** In a union the interesting mistake is inside. */
function deepest(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code !== 'invalid_union') return issue?.message ?? 'it is not valid'
  const inner = issue.errors.flat().find((candidate) => candidate.code !== 'invalid_type' && candidate.path.length > 0)
  if (inner === undefined) return `${issue.message}; known actions: ${actionNames.join(', ')}`
  return `${inner.path.join('/')}: ${deepest(inner)}`
}

const actionNames = action.options.map((option) => option.shape.type.value)
