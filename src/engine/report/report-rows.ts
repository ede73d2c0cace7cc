// A report as a table: one line per run, one column per status; every run, newest first, read in slices.
import { formatId } from '../../domain/ids.ts'
import { messageStatuses } from '../../domain/message-status.ts'
import { tally } from '../../domain/report.ts'
import type { ExportTable } from '../../runtime/download.ts'
import { type CampaignRow, getCampaign } from '../../store/campaigns.ts'
import { listCountsOfRuns } from '../../store/counts.ts'
import type { ReadTx } from '../../store/database.ts'
import { listRunPage, listRunsById, type RunRow } from '../../store/runs.ts'
import type { Context } from '../context.ts'
import type { ReportOptions } from './report.ts'

/** Runs read at once, some ten milliseconds. */
const SLICE = 250

export interface ReportTable extends ExportTable {
  campaign: { id: string; name: string; status: CampaignRow['status'] }
}

/** Throws AppError campaign.not_found. */
export async function reportTable(ctx: Context, idOrName: string, options: ReportOptions = {}): Promise<ReportTable> {
  const { id, name, status } = await ctx.db.read((tx) => getCampaign(tx, idOrName))
  return {
    campaign: { id: formatId('campaign', id), name, status },
    header: ['run', 'occurrence', 'status', 'audience', ...messageStatuses],
    lines: linesOf(ctx, id, options),
  }
}

async function* linesOf(ctx: Context, campaignId: number, { runId }: ReportOptions) {
  for (let before: number | undefined; ; ) {
    const page = { before, limit: SLICE }
    const { runs, lines } = await ctx.db.read(async (tx) => {
      const some = runId === undefined ? await listRunPage(tx, campaignId, page) : await listRunsById(tx, [runId])
      return {
        runs: some,
        lines: await linesOfRuns(
          tx,
          some.filter((run) => run.campaignId === campaignId),
        ),
      }
    })
    yield lines
    if (runs.length < SLICE) return
    before = runs.at(-1)?.id
  }
}

async function linesOfRuns(tx: ReadTx, runs: readonly RunRow[]): Promise<(string | number)[][]> {
  const ids = runs.map(({ id }) => id)
  const counts = await listCountsOfRuns(tx, ids)
  return runs.map((run) => {
    const { byStatus } = tally(counts.get(run.id) ?? [])
    const numbers = messageStatuses.map((name) => byStatus[name])
    return [formatId('run', run.id), run.occurrenceKey, run.status, run.audienceCount, ...numbers]
  })
}
