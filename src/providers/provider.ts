// The port: what every provider's driver can do and must guarantee. A driver knows its API and this file, nothing of
// campaigns or the database.
import type { ZodType } from 'zod'
import type { Content, ContentType } from '../domain/content.ts'
import type { DeliveryStatus } from '../domain/message-status.ts'
import type { SentKind } from '../domain/reply.ts'
import type { ProviderError, SendResult } from '../domain/send-result.ts'
import type { UseCase } from '../domain/suppression.ts'
import type { ProviderTemplate, TemplateStatus } from '../domain/template.ts'
import type { ToldStatus } from '../domain/told-status.ts'
import type { Begin, HttpClient } from './http-client.ts'

export const providerNames = ['meta', 'bird', 'onemsg', 'routee', 'zixflow', 'sandbox'] as const
export type ProviderName = (typeof providerNames)[number]

/** What a provider can do. Preflight, planner and sender obey it; docs/providers shows it. */
export interface Capabilities {
  content: readonly ContentType[]
  /** Whether a message can quote another (`replyTo`). */
  hasReplyTo: boolean
  /** Whether the provider counts clicks on links when asked (`trackLinks`). */
  hasLinkTracking: boolean
  /** Whether everything but templates needs an open 24-hour session. */
  needsSession: boolean
  /** Whether the driver asks the provider for an open session before it sends, where we have seen none. */
  asksForSession: boolean
  /** Whether our reference comes back in callbacks: proof of acceptance when an answer was lost. */
  hasReference: boolean
  lookUp: 'none' | 'trackingId' | 'reference'
  /** How long the provider remembers a key and refuses a second send with it; 0 without keys. */
  idempotencyWindowMs: number
  /** Whether a message can carry the rest of its validity to the provider. */
  hasValidity: boolean
  /** Whether the provider could hold a message until an instant. Herald keeps schedules itself: only so can they be paused. */
  hasScheduling: boolean
  /** Whether the provider has frequency caps of its own, which it applies when the campaign respects ours. */
  hasFrequencyCap: boolean
  hasTags: boolean
  /** Whether a group id can stand in the place of a phone. */
  hasGroups: boolean
  /** What callbacks and look-ups tell after acceptance. */
  statuses: readonly DeliveryStatus[]
  /** How a callback proves where it comes from: `address` means by the secret in our webhook address alone. */
  webhookProof: 'signature' | 'address'
  templates: readonly ('list' | 'find' | 'create' | 'delete')[]
  /** Whether what it tells of a template says if it is approved. */
  hasTemplateStatus: boolean
  /** Whether the state of the account can be asked for (`senders check`). */
  hasAccountCheck: boolean
}

/** One provider, before any account of it: static facts and how to connect. */
export interface Provider<Settings = unknown> {
  readonly name: ProviderName
  /** As people know it. */
  readonly title: string
  readonly capabilities: Capabilities
  /** What `credentials` of a sender file holds; secrets as plain texts. */
  readonly settings: ZodType<Settings>
  /** Keys of the settings that are sealed at rest and never shown. */
  readonly secretKeys: readonly string[]
  /** Where the API is when the sender names no baseUrl. */
  readonly baseUrl: string
  /** Where access tokens come from, when that is another host. A sender's baseUrl replaces it too. */
  readonly authBaseUrl?: string
  /** Under other titles: what settings can choose besides. */
  readonly variants?: readonly Provider[]
  /** The provider as an account with these settings sees it, where settings choose between APIs of different abilities. */
  variantFor?(settings: Readonly<Record<string, unknown>>): Provider | undefined
  /** What this provider refuses although WhatsApp allows it, in words; empty when it takes the content. */
  contentProblems(content: Content): string[]
  /** Settings that the templates of an account tell, for a sender that leaves them open. */
  settingsFrom?(templates: readonly ProviderTemplate[]): Readonly<Record<string, string>>
  connect(connection: Connection<Settings>): Driver
}

export interface Connection<Settings = unknown> {
  settings: Settings
  baseUrl: string
  http: HttpClient
  /** To the provider's authBaseUrl; undefined when `http` leads there. */
  authHttp?: HttpClient
  /** What all connections of this process share, by a key of the driver's choice: the token of one application. */
  shared?: Map<string, unknown>
  /** Where callbacks of this sender arrive; undefined when no public address is known. */
  webhookUrl: string | undefined
  now(): number
  /** Waits until an instant of `now`. */
  wait(until: number): Promise<void>
  /** Hands a callback of our own making to the receiver, as if it had come by HTTP (sandbox). */
  receive(body: string): Promise<void>
}

export interface OutgoingMessage {
  /** E.164 with +. */
  to: string
  content: Content
  /** Our name for this attempt. */
  reference: string
  useCase: UseCase
  tags: readonly string[]
  campaign: string
  /** Epoch ms after which the message is not worth sending. */
  expiresAt: number
  /** Whether the campaign keeps to frequency caps and to quiet hours: providers that have such rules are told. */
  respectsCaps: boolean
  respectsQuietHours: boolean
  /** The operator says, or we have seen, that a session is open: the provider is not asked. */
  assumesSession: boolean
  /**
   * Whether the call may begin, asked in the synchronous step that hands the request to its socket (HttpRequest.begin); a
   * second request for the same message asks again. A message that may not begin comes to `not_started`.
   */
  begin: Begin
}

/** A callback as it came. */
export interface IncomingRequest {
  /** Raw bytes: signatures are over these. */
  body: Uint8Array
  header(name: string): string | undefined
  /** The whole address that the provider called. */
  url: string
}

export type WebhookVerdict =
  | { isGenuine: true }
  | {
      isGenuine: false
      code: 'webhook.signature_missing' | 'webhook.signature_wrong' | 'webhook.not_configured'
    }

/** What a callback says, in our words. */
export type WebhookItem =
  | ({ kind: 'status' } & ToldStatus)
  | {
      kind: 'inbound'
      /** Null for a person who hides it: then there is the provider's id of them. */
      phone: string | null
      userId?: string
      at: number | null
      /** What was written, also as a caption; the emoji of a reaction. */
      text: string | null
      buttonPayload: string | null
      /** Left out for a text and for a tap. */
      content?: SentKind
      /** The provider's name for the person's message, where it tells one. */
      messageId?: string | null
      /** Tracking id of our message that it answers, where the provider tells it. */
      answersTo?: string | null
    }
  /** The person has another number or another id. What is not told is null. */
  | {
      kind: 'numberChange'
      phone: string | null
      newPhone: string | null
      userId: string | null
      newUserId: string | null
      at: number | null
      messageId: string | null
    }
  /** What the provider decided about a template; left out is what it did not speak of. */
  | {
      kind: 'template'
      name: string
      /** Null when it means every language. */
      language: string | null
      status?: TemplateStatus
      /** The provider's word and its reason. */
      statusDetail?: string
      quality?: string
      category?: string
    }
  /** The person told WhatsApp itself. */
  | {
      kind: 'preference'
      phone: string | null
      userId?: string
      at: number | null
      wants: 'stop' | 'resume'
      detail: string
    }
  | { kind: 'ignored'; why: string }
  | { kind: 'unreadable'; why: string }

export type LookUpResult =
  | ({ found: true; trackingId: string } & Pick<ToldStatus, 'status' | 'at' | 'to' | 'failure'>)
  /** `isProof` when the provider's word for "not here" can be believed. */
  | { found: false; isProof: boolean }

export interface LookUpQuery {
  trackingId: string | null
  reference: string
  to: string
  /** Epoch ms at which the call began. */
  startedAt: number
}

/** What a call about the account (not about a message) came to. */
export type AccountAnswer<T> = { ok: true; value: T } | { ok: false; error: ProviderError }

/** One line of `senders check`: quality, limits, balance, state of the channel. */
export interface AccountFact {
  name: string
  value: string
  /** True when nothing can be sent like this. */
  isProblem: boolean
}

/** A file to be kept at the provider, so that messages name it by `mediaId`. */
export interface MediaFile {
  bytes: Uint8Array
  mimeType: string
  filename: string
}

/** Templates of the account, as far as the provider lets others see and change them. */
export interface TemplateCalls {
  list?(): Promise<AccountAnswer<ProviderTemplate[]>>
  /** One template, where the provider tells of a template whose name one knows; some must be asked for each language. */
  find?(name: string, languages: readonly string[]): Promise<AccountAnswer<ProviderTemplate[]>>
  /** Submits a definition in the provider's own words for approval. */
  create?(definition: Record<string, unknown>): Promise<AccountAnswer<{ name: string; status: string }>>
  /** Deletes every language of it. */
  delete?(name: string): Promise<AccountAnswer<{ name: string }>>
}

/** A connected account. */
export interface Driver {
  /** Gets what calls need before messages are claimed (an access token), so that no call waits for it in its slot. */
  prepare?(): Promise<void>
  /** One request, no retry, no redirect; every outcome is a value. Throws only for programmer faults. */
  send(message: OutgoingMessage): Promise<SendResult>
  verifyWebhook(request: IncomingRequest): WebhookVerdict
  /** Reads a callback that was verified; one bad item does not spoil the others. */
  parseWebhook(body: string): WebhookItem[]
  /** Answers the provider's question whether the address is ours. */
  answerHandshake?(query: URLSearchParams, token: string): { status: number; body: string }
  lookUp?(query: LookUpQuery): Promise<LookUpResult>
  templates?: TemplateCalls
  /** State, quality, limits and costs of the account. */
  checkAccount?(): Promise<AccountAnswer<AccountFact[]>>
  /** Registers the address for callbacks. */
  setWebhook?(url: string): Promise<AccountAnswer<{ url: string }>>
  /** Takes an address for callbacks back; `others` are called as before. */
  clearWebhook?(url: string): Promise<AccountAnswer<{ url: string; others: string[] }>>
  /** Keeps a file at the provider. */
  uploadMedia?(file: MediaFile): Promise<AccountAnswer<{ mediaId: string }>>
  /** Shows the person that the message was read; only where the sender asks for it. */
  markRead?(messageId: string): Promise<AccountAnswer<null>>
  /** Resolves when callbacks of the driver's own making have all been handed over (sandbox). */
  settled?(): Promise<void>
}
