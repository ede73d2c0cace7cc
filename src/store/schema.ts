// The data model on one page. Instants are epoch milliseconds; ids are integers; JSON is text that only
// store/database.ts takes apart. Moves of status are checked by triggers (migrations/sqlite/0001).
import { sql } from 'drizzle-orm'
import { check, index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import type { Role } from '../domain/access.ts'
import type { CampaignStatus } from '../domain/campaign-status.ts'
import type { ErrorCode } from '../domain/errors.ts'
import type { MessageStatus, WaitReason } from '../domain/message-status.ts'
import type { ReplyReading } from '../domain/opt-out.ts'
import type { ReplyKind, Settlement } from '../domain/reply.ts'
import type { RunReason, RunStatus } from '../domain/run-status.ts'
import type { AttemptOutcome } from '../domain/send-result.ts'
import type { SuppressionReason, SuppressionScope, UseCase } from '../domain/suppression.ts'
import type { TemplateShape, TemplateStatus, TemplateText } from '../domain/template.ts'
import type { DutyWork, TroubleWork } from '../domain/trouble.ts'
import { definitionColumn } from './definition.ts'

const id = () => integer('id').primaryKey()
const at = (name: string) => integer(name)

/** Choices of the operator and facts about this installation, by name. */
export const settings = sqliteTable('settings', {
  key: text('key').primaryKey(),
  value: text('value', { mode: 'json' }).$type<unknown>().notNull(),
})

/** Running processes. A node that is gone has lost its lock file, or its lease. */
export const nodes = sqliteTable('nodes', {
  id: id(),
  host: text('host').notNull(),
  pid: integer('pid').notNull(),
  appVersion: text('app_version').notNull(),
  startedAt: at('started_at').notNull(),
  heartbeatAt: at('heartbeat_at').notNull(),
  leaseUntil: at('lease_until').notNull(),
  stoppedAt: at('stopped_at'),
})

/** What a node fails at: the work for one sender, campaign, run … It tries again later, and the others go on. */
export const troubles = sqliteTable(
  'troubles',
  {
    work: text('work').$type<TroubleWork>().notNull(),
    /** Of the sender, campaign, run …: what it is follows from the work. */
    subjectId: integer('subject_id').notNull(),
    nodeId: integer('node_id').notNull(),
    code: text('code').$type<ErrorCode>().notNull(),
    message: text('message').notNull(),
    hint: text('hint'),
    since: at('since').notNull(),
    tries: integer('tries').notNull(),
    nextTryAt: at('next_try_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.work, t.subjectId, t.nodeId] })],
)

/** Work that one node at a time does and any other goes on with: orders under way, and rounds that come again. */
export const duties = sqliteTable(
  'duties',
  {
    work: text('work').$type<DutyWork>().notNull(),
    subjectId: integer('subject_id').notNull(),
    /** Null while nobody is at it. */
    nodeId: integer('node_id'),
    /** How far it has come. */
    mark: text('mark', { mode: 'json' }).$type<unknown>(),
  },
  (t) => [primaryKey({ columns: [t.work, t.subjectId] })],
)

export const contacts = sqliteTable('contacts', {
  id: id(),
  /** Canonical digits, the same for every spelling; a keyed hash after erasure. */
  key: text('key').notNull().unique(),
  /** E.164 with +, as sent and shown; empty after erasure. */
  phone: text('phone').notNull(),
  attributes: text('attributes', { mode: 'json' }).$type<Record<string, string>>().notNull(),
  /** IANA name, or country:XX for a country with several clocks, or null. */
  zone: text('zone'),
  consent: text('consent').$type<'granted' | 'denied'>(),
  createdAt: at('created_at').notNull(),
  updatedAt: at('updated_at').notNull(),
  erasedAt: at('erased_at'),
})

export const lists = sqliteTable('lists', {
  id: id(),
  name: text('name').notNull().unique(),
  /** Names of the attributes that imports brought: what texts and filters may name. */
  fields: text('fields', { mode: 'json' }).$type<string[]>().notNull(),
  /** People in it: moves with list_members, in the same transaction. Counting a million takes longer than a page may. */
  members: integer('members').notNull().default(0),
  createdAt: at('created_at').notNull(),
  /** Imports keep pointing at a deleted list; its name is free again. */
  deletedAt: at('deleted_at'),
})

export const listMembers = sqliteTable(
  'list_members',
  {
    listId: integer('list_id')
      .notNull()
      .references(() => lists.id),
    contactId: integer('contact_id')
      .notNull()
      .references(() => contacts.id),
    /** The import that brought the contact into the list. */
    importId: integer('import_id'),
    addedAt: at('added_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.listId, t.contactId] }),
    // The lists of one person: an export asks for everybody, an erasure removes them.
    index('list_members_contact').on(t.contactId),
  ],
)

export type ImportStatus = 'staging' | 'applying' | 'applied' | 'undoing' | 'undone' | 'dropped'

export const imports = sqliteTable(
  'imports',
  {
    id: id(),
    listId: integer('list_id')
      .notNull()
      .references(() => lists.id),
    status: text('status').$type<ImportStatus>().notNull(),
    fileName: text('file_name').notNull(),
    /** SHA-256 over the bytes of the file and the mapping: the same again is a no-op. */
    fingerprint: text('fingerprint').notNull(),
    encoding: text('encoding').notNull(),
    delimiter: text('delimiter').notNull(),
    options: text('options', { mode: 'json' }).$type<Record<string, unknown>>().notNull(),
    /** Staging file of an import that is being applied; deleted afterwards. */
    stagingPath: text('staging_path'),
    /** Staged people, each once. */
    people: integer('people').notNull().default(0),
    /** How many of them are applied. */
    appliedThrough: integer('applied_through').notNull().default(0),
    rows: integer('rows').notNull().default(0),
    added: integer('added').notNull().default(0),
    updated: integer('updated').notNull().default(0),
    unchanged: integer('unchanged').notNull().default(0),
    duplicates: integer('duplicates').notNull().default(0),
    suppressed: integer('suppressed').notNull().default(0),
    rejected: integer('rejected').notNull().default(0),
    /** People who stayed in the list when it was undone: another import names them too. */
    stayed: integer('stayed').notNull().default(0),
    warnings: text('warnings', { mode: 'json' }).$type<Record<string, number>>().notNull(),
    /** Lines of the first rows of each warning. */
    warningLines: text('warning_lines', { mode: 'json' }).$type<Record<string, number[]>>().notNull().default({}),
    nodeId: integer('node_id').notNull(),
    createdAt: at('created_at').notNull(),
    appliedAt: at('applied_at'),
    undoneAt: at('undone_at'),
  },
  (t) => [index('imports_list').on(t.listId, t.status), index('imports_fingerprint').on(t.fingerprint)],
)

/** Lines that were not imported, with their original cells, so that they can be mended and imported alone. */
export const rejects = sqliteTable(
  'rejects',
  {
    importId: integer('import_id')
      .notNull()
      .references(() => imports.id),
    line: integer('line').notNull(),
    column: text('column_name').notNull(),
    code: text('code').notNull(),
    detail: text('detail').notNull(),
    cells: text('cells', { mode: 'json' }).$type<string[]>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.importId, t.line] })],
)

/** What an import changed, as it was before: undo puts it back. Contacts that it added are known by created import. */
export const importChanges = sqliteTable(
  'import_changes',
  {
    importId: integer('import_id')
      .notNull()
      .references(() => imports.id),
    contactId: integer('contact_id').notNull(),
    /**
     * `updated` holds the contact as it was; `left` a membership that replace mode removed; `named` says that the person
     * was in the list already.
     */
    kind: text('kind').$type<'updated' | 'left' | 'named'>().notNull(),
    before: text('before', { mode: 'json' }).$type<Record<string, unknown>>().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.importId, t.contactId, t.kind] }),
    // Undo asks who else names a person.
    index('import_changes_named').on(t.contactId).where(sql`kind = 'named'`),
  ],
)

export const suppressions = sqliteTable(
  'suppressions',
  {
    id: id(),
    /** Canonical digits as in contacts.key; people who are no contacts can be suppressed too. */
    key: text('key').notNull(),
    scope: text('scope').$type<SuppressionScope>().notNull(),
    reason: text('reason').$type<SuppressionReason>().notNull(),
    /** Where it comes from: the message, the file, the person who typed it. */
    evidence: text('evidence').notNull(),
    createdAt: at('created_at').notNull(),
  },
  (t) => [
    uniqueIndex('suppressions_key_scope').on(t.key, t.scope),
    // Those of a kind, newest first: some kinds are rare among a million.
    index('suppressions_kind').on(t.scope, t.reason, t.id),
  ],
)

/** The provider's ids of people: the only name of people who hide their number. Of an erased person a keyed hash. */
export const contactUserIds = sqliteTable(
  'contact_user_ids',
  {
    userId: text('user_id').primaryKey(),
    contactId: integer('contact_id').notNull(),
    learnedAt: at('learned_at').notNull(),
  },
  (t) => [index('contact_user_ids_contact').on(t.contactId)],
)

/** Numbers that people had before they changed them: late callbacks name these. */
export const formerNumbers = sqliteTable(
  'former_numbers',
  {
    contactId: integer('contact_id').notNull(),
    key: text('key').notNull(),
    phone: text('phone').notNull(),
    changedAt: at('changed_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.contactId, t.key] })],
)

/** What people wrote and tapped, with what was made of it. Kept as long as callbacks are. */
export const replies = sqliteTable(
  'replies',
  {
    id: id(),
    /** Null while nobody knows whose it is. */
    contactId: integer('contact_id'),
    senderId: integer('sender_id').notNull(),
    receivedAt: at('received_at').notNull(),
    /** When it was written, by the provider's clock where that can be true. */
    writtenAt: at('written_at').notNull(),
    kind: text('kind').$type<ReplyKind>().notNull(),
    /** What was written, or the label of the button. */
    text: text('text').notNull(),
    /** What the button carried. */
    payload: text('payload'),
    /** The provider's id of a person whose number it does not tell. */
    userId: text('user_id'),
    /** Our message that it answers, where the provider says which. */
    messageId: integer('message_id'),
    reading: text('reading').$type<ReplyReading>().notNull(),
    /** A person has to settle it. */
    isOpen: integer('is_open', { mode: 'boolean' }).notNull(),
    settledAs: text('settled_as').$type<Settlement>(),
    settledBy: text('settled_by'),
    settledAt: at('settled_at'),
    /** Of the provider's name for it: the same callback again is the same reply. Those names hold numbers. */
    originSha256: text('origin_sha256').notNull(),
  },
  (t) => [
    uniqueIndex('replies_origin').on(t.senderId, t.originSha256),
    // Lists show what waits to be settled first, each part newest first.
    index('replies_open').on(t.isOpen, t.id),
    index('replies_reading').on(t.reading, t.isOpen, t.id),
    index('replies_contact').on(t.contactId, t.id),
    index('replies_received').on(t.receivedAt),
    // Whose number nobody knows: looked for when their id becomes known.
    index('replies_user').on(t.userId).where(sql`contact_id is null`),
  ],
)

/** What people said of being messaged, and where. */
export const consents = sqliteTable(
  'consents',
  {
    id: id(),
    contactId: integer('contact_id').notNull(),
    consent: text('consent').$type<'granted' | 'denied'>().notNull(),
    evidence: text('evidence').notNull(),
    createdAt: at('created_at').notNull(),
  },
  (t) => [index('consents_contact').on(t.contactId)],
)

export const senders = sqliteTable(
  'senders',
  {
    id: id(),
    name: text('name').notNull().unique(),
    provider: text('provider').notNull(),
    /** Tracking ids are unique within provider and account. */
    account: text('account').notNull(),
    status: text('status').$type<'active' | 'paused'>().notNull(),
    pauseReason: text('pause_reason'),
    pauseDetail: text('pause_detail'),
    baseUrl: text('base_url'),
    /** Credentials and settings of the provider; secrets sealed (runtime/secrets.ts). */
    credentials: text('credentials', { mode: 'json' }).$type<Record<string, unknown>>().notNull(),
    /** Sealed; part of the webhook address. */
    webhookToken: text('webhook_token').notNull(),
    /** Sealed: the token before, taken until an instant; both null where there is none. */
    formerWebhookToken: text('former_webhook_token'),
    formerWebhookUntil: at('former_webhook_until'),
    ratePerSecond: real('rate_per_second').notNull(),
    dailyLimit: integer('daily_limit'),
    pairIntervalMs: integer('pair_interval_ms').notNull(),
    concurrency: integer('concurrency'),
    /** Whether group ids may stand in the place of a phone. */
    takesGroups: integer('takes_groups', { mode: 'boolean' }).notNull().default(false),
    /** Microseconds: the newest start slot given out. */
    lastStartAtUs: at('last_start_at_us'),
    /** The node that took it; null once that node has stopped in good order. */
    paceNodeId: integer('pace_node_id'),
    /** Microseconds: until when calls that a node claimed while it sent alone may still begin (domain/rate.ts). */
    soleUntilUs: at('sole_until_us'),
    /** Microseconds: until when processes share the sender. */
    sharedUntilUs: at('shared_until_us'),
    /** By which clock these were written (domain/rate.ts): the machine's life, and how far (µs) it was ahead of it. */
    paceBoot: text('pace_boot'),
    paceAheadUs: at('pace_ahead_us'),
    /** Nothing starts before: Retry-After of the provider, or our own back-off. */
    holdUntil: at('hold_until'),
    /** The newest attempt when the provider last asked to wait: only the answer to a later one may end the hold. */
    holdAfter: integer('hold_after').notNull().default(0),
    /** The newest attempt when an operator last resumed it: what is told of it and earlier ones pauses it no more. */
    resumedAfter: integer('resumed_after').notNull().default(0),
    /** Throttled answers in a row, each to a call that began after the one before. */
    throttles: integer('throttles').notNull().default(0),
    /** People with a message after dailyHorizonAt: kept by the claim, so that nothing is counted twice. */
    dailyUsed: integer('daily_used').notNull().default(0),
    dailyHorizonAt: at('daily_horizon_at').notNull().default(0),
    createdAt: at('created_at').notNull(),
    /** When the provider last listed the templates of the account; null before, and where it lists none. */
    templatesSyncedAt: at('templates_synced_at'),
  },
  // Every page asks for the few that are paused.
  (t) => [index('senders_paused').on(t.name).where(sql`status = 'paused'`)],
)

/** Templates as the provider told of them: by a sync, and by its callbacks since. */
export const templates = sqliteTable(
  'templates',
  {
    id: id(),
    senderId: integer('sender_id')
      .notNull()
      .references(() => senders.id),
    /** What `template` of a content says. */
    name: text('name').notNull(),
    language: text('language').notNull(),
    title: text('title').notNull(),
    status: text('status').$type<TemplateStatus>().notNull(),
    /** The provider's word, and its reason. */
    statusDetail: text('status_detail').notNull(),
    category: text('category'),
    namespace: text('namespace'),
    /** The provider's word for how people take it; null where it tells none. */
    quality: text('quality'),
    /** Which values it takes; null where the provider does not tell. */
    shape: text('shape', { mode: 'json' }).$type<TemplateShape>(),
    /** What people read, with its places; null where the provider does not tell. */
    text: text('text', { mode: 'json' }).$type<TemplateText>(),
    updatedAt: at('updated_at').notNull(),
  },
  (t) => [
    uniqueIndex('templates_name').on(t.senderId, t.name, t.language),
    // Every page counts the few that a provider stopped lately.
    index('templates_stopped').on(t.updatedAt).where(sql`status in ('rejected', 'paused', 'disabled')`),
  ],
)

export const campaigns = sqliteTable(
  'campaigns',
  {
    id: id(),
    name: text('name').notNull().unique(),
    status: text('status').$type<CampaignStatus>().notNull(),
    pauseReason: text('pause_reason'),
    pauseDetail: text('pause_detail', { mode: 'json' }).$type<Record<string, unknown>>(),
    /** The newest revision; runs and messages keep the one they were planned with. */
    revisionId: integer('revision_id'),
    senderId: integer('sender_id')
      .notNull()
      .references(() => senders.id),
    priority: integer('priority').notNull(),
    ratePerSecond: real('rate_per_second'),
    lastStartAtUs: at('last_start_at_us'),
    /** The breaker's windows (domain/breaker.ts): the last answers, and the last statuses told after them. */
    answerOutcomes: text('answer_outcomes').notNull().default(''),
    toldOutcomes: text('told_outcomes').notNull().default(''),
    /** The breaker counts later attempts only: this one and those before had what was mended since. */
    breakerAfter: integer('breaker_after').notNull().default(0),
    /** Share of failed results at which it pauses (domain/failed-share.ts); null for never. */
    pauseWhenFailed: real('pause_when_failed'),
    launchedAt: at('launched_at'),
    /** When its schedule was accepted as it is: by the launch, or by the last edit of it. Lateness counts from here. */
    committedAt: at('committed_at').notNull().default(0),
    /** Set while it is paused. */
    pausedAt: at('paused_at'),
    /** Occurrences up to here are decided. */
    decidedUntil: at('decided_until').notNull().default(0),
    /** When a tick has to look at the campaign again; null when no occurrence is left. */
    nextTickAt: at('next_tick_at'),
    runsStarted: integer('runs_started').notNull().default(0),
    createdAt: at('created_at').notNull(),
    updatedAt: at('updated_at').notNull(),
  },
  (t) => [
    index('campaigns_tick').on(t.nextTickAt),
    // A page of those of a status, newest first, and how many there are.
    index('campaigns_status').on(t.status),
    // The first page: those that moved last, and those that come next.
    index('campaigns_moved').on(t.status, t.updatedAt),
    index('campaigns_next').on(t.nextTickAt).where(sql`status = 'scheduled'`),
    // Every page asks whether any paused itself: few did, among all that operators paused.
    index('campaigns_stopped').on(t.updatedAt).where(sql`status = 'paused' and pause_reason <> 'operator'`),
  ],
)

/** What a campaign said when it was saved; never changed afterwards. */
export const campaignRevisions = sqliteTable(
  'campaign_revisions',
  {
    id: id(),
    campaignId: integer('campaign_id')
      .notNull()
      .references(() => campaigns.id),
    number: integer('number').notNull(),
    definition: definitionColumn('definition').notNull(),
    /** Copied out of the definition, because suppressions and caps ask for them in SQL. */
    useCase: text('use_case').$type<UseCase>().notNull(),
    tags: text('tags', { mode: 'json' }).$type<string[]>().notNull(),
    createdAt: at('created_at').notNull(),
    /** What taps carry that are opt-outs, as JSON: copied out too, because callbacks ask for it. */
    optOutPayloads: text('opt_out_payloads').notNull().default('[]'),
  },
  (t) => [
    uniqueIndex('campaign_revisions_number').on(t.campaignId, t.number),
    // Few campaigns declare any.
    index('campaign_revisions_opt_out').on(t.campaignId).where(sql`opt_out_payloads <> '[]'`),
  ],
)

export const runs = sqliteTable(
  'runs',
  {
    id: id(),
    campaignId: integer('campaign_id')
      .notNull()
      .references(() => campaigns.id),
    revisionId: integer('revision_id').notNull(),
    senderId: integer('sender_id').notNull(),
    /** A test run has one message, to one phone, outside caps and reports. */
    kind: text('kind').$type<'scheduled' | 'test'>().notNull(),
    occurrenceKey: text('occurrence_key').notNull(),
    occurrenceAt: at('occurrence_at').notNull(),
    occurrenceLocal: at('occurrence_local').notNull(),
    /** When the schedule was accepted that yields it: a time that was past by then counts from here. */
    committedAt: at('committed_at').notNull().default(0),
    /** In recipients' zones, when a pause began that was over when the run was made: it covered the first people. */
    pausedFrom: at('paused_from'),
    status: text('status').$type<RunStatus>().notNull(),
    reason: text('reason').$type<RunReason>(),
    /** What an operator should know: late start, people without a variable. */
    warnings: text('warnings', { mode: 'json' }).$type<string[]>().notNull(),
    /** Contacts planned so far, at the end all of them: the number that the books balance against. */
    audienceCount: integer('audience_count').notNull().default(0),
    /** Contact id of the last planned chunk. */
    plannedThrough: integer('planned_through').notNull().default(0),
    /** The last results, as JSON; empty where the campaign does not look at them. */
    lastResults: text('last_results').notNull().default(''),
    /** Set when a message of it becomes unknown, until proof is sought for none: by it each sender finds its own. */
    seeksProof: integer('seeks_proof', { mode: 'boolean' }).notNull().default(false),
    createdAt: at('created_at').notNull(),
    plannedAt: at('planned_at'),
    startedAt: at('started_at'),
    finishedAt: at('finished_at'),
  },
  (t) => [
    uniqueIndex('runs_occurrence').on(t.campaignId, t.occurrenceKey),
    // A campaign that was down for years has many that started nothing.
    index('runs_campaign').on(t.campaignId, t.status, t.createdAt),
    // Pages of runs, and the sum of their audiences, read no row.
    index('runs_newest').on(t.campaignId, t.id, t.kind, t.audienceCount),
    // Runs at work are few among many that are done.
    index('runs_open').on(t.senderId, t.status).where(sql`status in ('planning', 'sending')`),
    // What is kept for a while is forgotten run by run, in the order in which they ended.
    index('runs_finished').on(t.finishedAt).where(sql`finished_at is not null`),
    // What each sender asks its provider about, among the runs of years.
    index('runs_proof').on(t.senderId).where(sql`seeks_proof = 1`),
  ],
)

export const messages = sqliteTable(
  'messages',
  {
    id: id(),
    runId: integer('run_id')
      .notNull()
      .references(() => runs.id),
    contactId: integer('contact_id')
      .notNull()
      .references(() => contacts.id),
    /** What it says, its use case and its tags: frozen when it was planned. */
    revisionId: integer('revision_id').notNull(),
    status: text('status').$type<MessageStatus>().notNull(),
    /** Why it is skipped (skip reasons), failed (the provider's code) or unknown. */
    reason: text('reason'),
    /** Set while pending with a later due_at. */
    waitReason: text('wait_reason').$type<WaitReason>(),
    /** The provider's text, or the rule and its numbers. */
    detail: text('detail'),
    /** The planned instant; never changed. */
    scheduledAt: at('scheduled_at').notNull(),
    /** When it is looked at next. */
    dueAt: at('due_at').notNull(),
    expiresAt: at('expires_at').notNull(),
    createdAt: at('created_at').notNull(),
    /** Only the fields that the content names, as they were when planned. */
    variables: text('variables'),
    /** Attempts that count against the most allowed. */
    attempts: integer('attempts').notNull().default(0),
    /** The attempt that may still change the message. */
    attemptId: integer('attempt_id'),
    /** The node that holds it while sending. */
    nodeId: integer('node_id'),
    acceptedAt: at('accepted_at'),
    sentAt: at('sent_at'),
    deliveredAt: at('delivered_at'),
    readAt: at('read_at'),
    failedAt: at('failed_at'),
    /** Delivery notes, comma-separated; null for most. */
    notes: text('notes'),
  },
  (t) => [
    uniqueIndex('messages_run_contact').on(t.runId, t.contactId),
    // Everything sent to one person, newest first: the runs without them are a hundred thousand.
    index('messages_contact').on(t.contactId),
    // The claim reads due messages of one run in this order.
    index('messages_pending').on(t.runId, t.dueAt, t.scheduledAt).where(sql`status = 'pending'`),
    // What a lost node held.
    index('messages_sending').on(t.nodeId).where(sql`status = 'sending'`),
    // What waits for proof; after a restore they can be a million, counted by their index alone.
    index('messages_unknown').on(t.runId, t.id, t.reason, t.expiresAt).where(sql`status = 'unknown'`),
    check('messages_why', sql`status not in ('failed', 'skipped', 'unknown') or reason is not null`),
    check('messages_holder', sql`status <> 'sending' or (node_id is not null and attempt_id is not null)`),
  ],
)

/** One call to a provider, stored before it begins. */
export const attempts = sqliteTable(
  'attempts',
  {
    id: id(),
    messageId: integer('message_id')
      .notNull()
      .references(() => messages.id),
    nodeId: integer('node_id').notNull(),
    senderId: integer('sender_id').notNull(),
    /** provider/account: tracking ids are unique within it. */
    account: text('account').notNull(),
    /** Microseconds: when the call may begin. */
    startAtUs: at('start_at_us').notNull(),
    endedAt: at('ended_at'),
    /** What the answer to the call was; null while it is on the wire. */
    outcome: text('outcome').$type<AttemptOutcome>(),
    httpStatus: integer('http_status'),
    providerCode: text('provider_code'),
    providerText: text('provider_text'),
    trackingId: text('tracking_id'),
    /** The provider's own creation time, where it tells one (Routee's createdAt). */
    providerAt: text('provider_at'),
    /** When the provider had it: by its answer or told later. The other instants are told after the call. */
    acceptedAt: at('accepted_at'),
    sentAt: at('sent_at'),
    deliveredAt: at('delivered_at'),
    readAt: at('read_at'),
    failedAt: at('failed_at'),
    /** The class of the failure that was told; its code and text are in provider_code and provider_text. */
    failure: text('failure').$type<AttemptOutcome>(),
    /** Another attempt was decided in its place, due then; every attempt of a message but the last has it. */
    retryAt: at('retry_at'),
  },
  (t) => [
    index('attempts_message').on(t.messageId),
    uniqueIndex('attempts_tracking').on(t.account, t.trackingId).where(sql`tracking_id is not null`),
  ],
)

/** Places taken in frequency caps: one row per counted marketing message, gone when the place is given back. */
export const capUses = sqliteTable(
  'cap_uses',
  {
    messageId: integer('message_id').primaryKey(),
    contactId: integer('contact_id').notNull(),
    campaignId: integer('campaign_id').notNull(),
    at: at('at').notNull(),
  },
  (t) => [index('cap_uses_contact').on(t.contactId, t.at)],
)

/** What one sender and one person have to do with each other. */
export const contactSenders = sqliteTable(
  'contact_senders',
  {
    contactId: integer('contact_id').notNull(),
    senderId: integer('sender_id').notNull(),
    lastClaimAt: at('last_claim_at'),
    /** What stood there before the last claim: it is true again when that claim's call never began. */
    previousClaimAt: at('previous_claim_at'),
    lastInboundAt: at('last_inbound_at'),
    blockedUntil: at('blocked_until'),
  },
  (t) => [
    primaryKey({ columns: [t.contactId, t.senderId] }),
    // The daily limit counts people by their last message.
    index('contact_senders_claim').on(t.senderId, t.lastClaimAt),
    // Blocks are few; doctor asks for those that end too late.
    index('contact_senders_block').on(t.blockedUntil).where(sql`blocked_until is not null`),
  ],
)

/** How many messages of a run have a status, one row per node that moved them; summed on reading. */
export const runCounts = sqliteTable(
  'run_counts',
  {
    runId: integer('run_id').notNull(),
    status: text('status').$type<MessageStatus>().notNull(),
    reason: text('reason').notNull(),
    nodeId: integer('node_id').notNull(),
    count: integer('count').notNull(),
  },
  (t) => [primaryKey({ columns: [t.runId, t.status, t.reason, t.nodeId] })],
)

/** The sums of runCounts by campaign: a report adds up no runs, however many there are. Tests are apart. */
export const campaignCounts = sqliteTable(
  'campaign_counts',
  {
    campaignId: integer('campaign_id').notNull(),
    kind: text('kind').$type<'scheduled' | 'test'>().notNull(),
    status: text('status').$type<MessageStatus>().notNull(),
    reason: text('reason').notNull(),
    count: integer('count').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.campaignId, t.kind, t.status, t.reason] }),
    // Campaigns with messages that nobody knows the outcome of are few.
    index('campaign_counts_unknown')
      .on(t.campaignId, t.kind, t.reason, t.count)
      .where(sql`status = 'unknown' and count > 0`),
  ],
)

/** Callbacks as received, before anything is made of them. */
export const webhookEvents = sqliteTable(
  'webhook_events',
  {
    id: id(),
    senderId: integer('sender_id').notNull(),
    receivedAt: at('received_at').notNull(),
    /** The same body again is the same event. */
    bodySha256: text('body_sha256').notNull(),
    body: text('body').notNull(),
    appliedAt: at('applied_at'),
    /** When to try (again); null when done. */
    nextTryAt: at('next_try_at'),
    /** Which node applies it, as long as its lease runs; null while nobody does. */
    nodeId: integer('node_id'),
    tries: integer('tries').notNull().default(0),
    applyError: text('apply_error'),
  },
  (t) => [
    uniqueIndex('webhook_events_body').on(t.senderId, t.bodySha256),
    index('webhook_events_due').on(t.nextTryAt).where(sql`next_try_at is not null`),
    index('webhook_events_node').on(t.nodeId).where(sql`node_id is not null`),
  ],
)

/** The legal moves of the three machines, for the triggers; filled from the tables in domain/. */
export const statusMoves = sqliteTable(
  'status_moves',
  {
    machine: text('machine').$type<'message' | 'run' | 'campaign'>().notNull(),
    fromStatus: text('from_status').notNull(),
    toStatus: text('to_status').notNull(),
  },
  (t) => [primaryKey({ columns: [t.machine, t.fromStatus, t.toStatus] })],
)

/** People who may log in. */
export const users = sqliteTable(
  'users',
  {
    id: id(),
    name: text('name').notNull(),
    role: text('role').$type<Role>().notNull(),
    status: text('status').$type<'active' | 'disabled'>().notNull(),
    /** scrypt with its parameters. */
    passwordHash: text('password_hash').notNull(),
    createdAt: at('created_at').notNull(),
    lastLoginAt: at('last_login_at'),
    /** In which pages show times; null for the one of the browser. */
    timeZone: text('time_zone'),
  },
  (t) => [uniqueIndex('users_name').on(sql`lower(${t.name})`)],
)

/** Logins that last; the id itself is known to the browser only. */
export const sessions = sqliteTable(
  'sessions',
  {
    idSha256: text('id_sha256').primaryKey(),
    userId: integer('user_id')
      .notNull()
      .references(() => users.id),
    createdAt: at('created_at').notNull(),
    lastSeenAt: at('last_seen_at').notNull(),
  },
  (t) => [index('sessions_user').on(t.userId)],
)

/** Browsers from which a user logged in before: a stranger's guesses do not slow these down. */
export const knownDevices = sqliteTable(
  'known_devices',
  {
    tokenSha256: text('token_sha256').notNull(),
    userId: integer('user_id')
      .notNull()
      .references(() => users.id),
    seenAt: at('seen_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tokenSha256, t.userId] })],
)

/** What programs log in with. */
export const apiKeys = sqliteTable(
  'api_keys',
  {
    id: id(),
    userId: integer('user_id')
      .notNull()
      .references(() => users.id),
    name: text('name').notNull(),
    /** The first characters, by which people recognise it. */
    prefix: text('prefix').notNull(),
    keySha256: text('key_sha256').notNull().unique(),
    /** Comma-separated. */
    rights: text('rights').notNull(),
    createdAt: at('created_at').notNull(),
    expiresAt: at('expires_at'),
    lastUsedAt: at('last_used_at'),
    revokedAt: at('revoked_at'),
  },
  (t) => [index('api_keys_user').on(t.userId)],
)

/** Failed logins in a row, by account, address or known browser. */
export const loginBrakes = sqliteTable('login_brakes', {
  subject: text('subject').primaryKey(),
  failures: integer('failures').notNull(),
  lastFailureAt: at('last_failure_at').notNull(),
})

/** Answers of requests that carry an Idempotency-Key: the same request again gets the same answer. */
export const idempotencyKeys = sqliteTable(
  'idempotency_keys',
  {
    /** The user and the key's text. */
    key: text('key').primaryKey(),
    /** SHA-256 over method, path and body. */
    requestSha256: text('request_sha256').notNull(),
    /** Null while the first request is being served. */
    status: integer('status'),
    body: text('body'),
    nodeId: integer('node_id').notNull(),
    createdAt: at('created_at').notNull(),
  },
  (t) => [index('idempotency_keys_created').on(t.createdAt)],
)

/** Files that were uploaded and wait for a mapping; the bytes lie beside the database. */
export const uploads = sqliteTable('uploads', {
  id: id(),
  userId: integer('user_id').notNull(),
  fileName: text('file_name').notNull(),
  path: text('path').notNull(),
  bytes: integer('bytes').notNull(),
  createdAt: at('created_at').notNull(),
})
