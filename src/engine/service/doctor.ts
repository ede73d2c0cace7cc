// Is this installation in order, and what are its settings? Reads only.
import { BREAKER_ERRORS } from '../../domain/breaker.ts'
import { FIRING_INTERVAL_MIN_MS } from '../../domain/cron.ts'
import { formatDuration } from '../../domain/duration.ts'
import { formatId } from '../../domain/ids.ts'
import { counted } from '../../domain/plural.ts'
import { RATE_MAX } from '../../domain/rate.ts'
import { ATTEMPTS_MAX } from '../../domain/retry.ts'
import { VALIDITY_AUTHENTICATION_MS, VALIDITY_DEFAULT_MS } from '../../domain/validity.ts'
import { zoneDataAt } from '../../domain/zone-data.ts'
import { listPausedFor } from '../../store/campaigns.ts'
import { listLivingNodes } from '../../store/nodes.ts'
import { listSenders } from '../../store/senders.ts'
import type { Context, OnProgress } from '../context.ts'
import { showTroubles, troubleText } from '../duties/show-troubles.ts'
import { listUnseenUploads } from '../import/uploads.ts'
import { checkClock } from '../node-life.ts'
import { pauseText } from '../report/reasons.ts'
import { verify } from '../report/verify.ts'
import { showLimits } from './limits.ts'
import { findImpossible } from './unlock.ts'

export interface Finding {
  check: string
  ok: boolean
  /** Worth a look, and nothing is broken: it does not make the diagnosis a bad one. */
  isWarning?: true
  detail: string
}

export interface Diagnosis {
  ok: boolean
  findings: Finding[]
  settings: Record<string, unknown>
}

const FREE_BYTES_MIN = 512 * 1024 * 1024
const WAL_BYTES_MAX = 128 * 1024 * 1024
const HOUR_MS = 3_600_000
/** A nightly backup that failed once is late by then. */
const BACKUP_HOURS_MAX = 48

/** Goes through everything that is stored: some seconds for a million messages. */
export async function diagnose(ctx: Context, onProgress?: OnProgress): Promise<Diagnosis> {
  const findings = [
    await clockFinding(ctx),
    zoneDataFinding(ctx),
    diskFinding(ctx),
    syncFinding(ctx),
    ...(ctx.db.notes.isShared ? serverFindings(ctx) : [walFinding(ctx), backupFinding(ctx)]),
    await filesFinding(ctx),
    ...proxyFindings(ctx),
    await nodesFinding(ctx),
    ...(await senderFindings(ctx)),
    ...(await troubleFindings(ctx)),
    ...(await instantFindings(ctx, onProgress)),
    ...(await invariantFindings(ctx, onProgress)),
  ]
  return { ok: findings.every((finding) => finding.ok), findings, settings: await settingsOf(ctx) }
}

async function clockFinding(ctx: Context): Promise<Finding> {
  try {
    await checkClock(ctx.db, ctx.clock)
    return { check: 'clock', ok: true, detail: 'not behind the database' }
  } catch (error) {
    return { check: 'clock', ok: false, detail: (error as Error).message }
  }
}

function zoneDataFinding({ zoneDataVersion, clock }: Context): Finding {
  const { version, warning } = zoneDataAt(zoneDataVersion, clock.now())
  if (warning === null) return { check: 'time zone data', ok: true, detail: version }
  return { check: 'time zone data', ok: true, isWarning: true, detail: warning }
}

function diskFinding(ctx: Context): Finding {
  const { freeBytes, place } = ctx.db.storage()
  return {
    check: 'disk',
    ok: freeBytes >= FREE_BYTES_MIN,
    detail: `${megabytes(freeBytes)} free in ${place}, need ${megabytes(FREE_BYTES_MIN)}`,
  }
}

function syncFinding(ctx: Context): Finding {
  const failures = ctx.db.listFailures()
  const detail = failures.length === 0 ? 'every commit reached the disk' : failures.join('; ')
  return { check: 'durability', ok: failures.length === 0, detail }
}

function walFinding(ctx: Context): Finding {
  const { logBytes } = ctx.db.storage()
  return { check: 'write-ahead log', ok: logBytes <= WAL_BYTES_MAX, detail: megabytes(logBytes) }
}

function backupFinding(ctx: Context): Finding {
  const last = ctx.db.notes.lastBackup()
  const hint = 'herald backup FOLDER --keep 7'
  if (last === undefined) return { check: 'backup', ok: true, isWarning: true, detail: `never made: ${hint}` }
  const hours = Math.max(0, Math.floor((ctx.clock.now() - Date.parse(last)) / HOUR_MS))
  const detail = `the last one was made ${hours === 0 ? 'less than an hour' : counted(hours, 'hour', 'hours')} ago (${last})`
  if (hours < BACKUP_HOURS_MAX) return { check: 'backup', ok: true, detail }
  return { check: 'backup', ok: true, isWarning: true, detail: `${detail}: ${hint}` }
}

/** What a server does by itself, and Herald does not see. */
function serverFindings({ db }: Context): Finding[] {
  const ahead = Math.round(db.clockAheadMs ?? 0)
  const clock =
    ahead === 0 ? 'as this machine' : `${Math.abs(ahead)} ms ${ahead > 0 ? 'ahead of' : 'behind'} this machine`
  return [
    { check: 'server', ok: true, detail: `its clock is ${clock}; all nodes go by it` },
    { check: 'backup', ok: true, detail: 'made by the server or by pg_dump; Herald does not see when' },
  ]
}

/** Whether this machine sees what others took. */
async function filesFinding(ctx: Context): Promise<Finding> {
  const { unseen, all } = await listUnseenUploads(ctx)
  const place = ctx.db.filesFolder
  if (unseen.length === 0)
    return { check: 'files', ok: true, detail: `${counted(all, 'upload', 'uploads')} in ${place}` }
  return {
    check: 'files',
    ok: false,
    detail: `${unseen.length} of ${counted(all, 'upload', 'uploads')} not in ${place} (${unseen.slice(0, 3).join(', ')}): several machines need one folder as HERALD_FILES_FOLDER`,
  }
}

/** Behind a proxy that is not counted, visitors cannot be told apart by their address. */
function proxyFindings({ config: { publicUrl, trustedHops, trustsProxy } }: Context): Finding[] {
  const hasProxy = trustsProxy || publicUrl?.startsWith('https:') === true
  if (!hasProxy || trustedHops > 0) return []
  const detail = 'visitors cannot be told apart by address: set HERALD_TRUSTED_HOPS to the number of proxies in front'
  return [{ check: 'proxy', ok: true, isWarning: true, detail }]
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`
}

async function nodesFinding(ctx: Context): Promise<Finding> {
  const nodes = await ctx.db.read((tx) => listLivingNodes(tx, ctx.clock.now()))
  return {
    check: 'nodes',
    ok: true,
    detail:
      nodes.length === 0
        ? 'no process is at work'
        : nodes.map((node) => `${node.id} (process ${node.pid} on ${node.host})`).join(', '),
  }
}

async function senderFindings(ctx: Context): Promise<Finding[]> {
  const senders = await ctx.db.read(listSenders)
  return senders.map(({ name, provider, status, pauseReason, pauseDetail }) => ({
    check: `sender ${name}`,
    ok: status === 'active',
    detail: status === 'active' ? provider : `${provider}, paused: ${pauseReason ?? ''} ${pauseDetail ?? ''}`.trim(),
  }))
}

/** What fails and is tried again; a campaign that cannot be read, or whose messages fail too often, was paused instead. */
async function troubleFindings(ctx: Context): Promise<Finding[]> {
  const troubles = await showTroubles(ctx)
  const [unreadable, failing] = await ctx.db.read(async (tx) => [
    await listPausedFor(tx, 'definition_unreadable'),
    await listPausedFor(tx, 'failed_share'),
  ])
  return [
    ...troubles.map(({ work, id, since, ...trouble }) => ({
      check: `${work}${id === null ? '' : ` ${id}`}`,
      ok: false,
      detail: `fails since ${since} and is tried again: ${troubleText(trouble)}`,
    })),
    ...unreadable.map(({ id, name }) => ({
      check: `campaign ${formatId('campaign', id)}`,
      ok: false,
      detail: `"${name}" is paused: its definition cannot be read. Clone it with what it should say, and cancel it`,
    })),
    ...failing.map(({ id, name, pauseDetail }) => ({
      check: `campaign ${formatId('campaign', id)}`,
      ok: false,
      detail: `"${name}" is paused: ${pauseText('failed_share', pauseDetail)}. Find out what they failed for, then resume it with --acknowledge`,
    })),
  ]
}

async function instantFindings(ctx: Context, onProgress: OnProgress | undefined): Promise<Finding[]> {
  const impossible = await findImpossible(ctx, onProgress)
  return impossible.map(({ what, field, at }) => ({
    check: 'instants',
    ok: false,
    detail: `${what}: ${field} is ${at}, later than it can be. Check the clock of this machine; herald unlock clears it`,
  }))
}

async function invariantFindings(ctx: Context, onProgress: OnProgress | undefined): Promise<Finding[]> {
  const { checks } = await verify(ctx, { onProgress })
  return checks.map(({ name, says, ok, broken }) => ({
    check: name,
    ok,
    detail: ok ? says : broken.join('; '),
  }))
}

async function settingsOf(ctx: Context): Promise<Record<string, unknown>> {
  const { secretKey: _secret, ...config } = ctx.config
  const limits = await showLimits(ctx)
  return {
    ...config,
    zoneData: ctx.zoneDataVersion,
    ...limits,
    validity: formatDuration(VALIDITY_DEFAULT_MS),
    validityAuthentication: formatDuration(VALIDITY_AUTHENTICATION_MS),
    attemptsMax: ATTEMPTS_MAX,
    breakerErrors: BREAKER_ERRORS,
    rateMax: RATE_MAX,
    scheduleIntervalMin: formatDuration(FIRING_INTERVAL_MIN_MS),
  }
}
