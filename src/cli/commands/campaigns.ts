// `campaigns`: save, show, edit, launch, pause, resume, cancel, archive, clone and test.
import type { Command } from 'commander'
import { type CampaignStatus, campaignStatuses } from '../../domain/campaign-status.ts'
import { counted } from '../../domain/plural.ts'
import type { CampaignView } from '../../engine/campaigns/campaign-view.ts'
import type { LaunchedView } from '../../engine/campaigns/launch.ts'
import type { NextRun } from '../../engine/campaigns/next-run.ts'
import { leftOutText } from '../../engine/report/reach-words.ts'
import { pauseText } from '../../engine/report/reasons.ts'
import { loadYaml } from '../../runtime/yaml.ts'
import { COUNT_MAX, oneOf, text, wholeNumber } from '../arguments.ts'
import { readDefinitionFile } from '../definition-file.ts'
import { action, type Host } from '../host.ts'
import { cutPage, limitOf, type PageFlags, paged } from '../paged.ts'
import { showTimes } from '../times.ts'
import { showTroubles } from '../troubles.ts'
import { waitLine } from '../wait-words.ts'

// Each is loaded by the command that needs it.
const list = () => import('../../engine/campaigns/campaign-list.ts')
const view = () => import('../../engine/campaigns/campaign-view.ts')
const drafts = () => import('../../engine/campaigns/drafts.ts')
const launch = () => import('../../engine/campaigns/launch.ts')
const lifecycle = () => import('../../engine/campaigns/lifecycle.ts')
const foreground = () => import('../../engine/service/foreground.ts')

export function addCampaigns(program: Command): void {
  const campaigns = program.command('campaigns')
  const adders = [
    addAdd,
    addList,
    addShow,
    addEdit,
    addClone,
    addLaunch,
    addPause,
    addResume,
    addCancel,
    addArchive,
    addTest,
  ]
  for (const add of adders) add(campaigns)
}

function addAdd(campaigns: Command): void {
  campaigns
    .command('add')
    .argument('<file>', 'YAML or JSON (see samples/campaigns)')
    .description('Save a campaign as a draft; everything that can be known before a launch is checked.')
    .action(
      action(async (host, file: string) =>
        answer(
          host,
          await host.withApp(async (app) =>
            (await drafts()).addCampaign(app.ctx, readDefinitionFile(file, 'campaign')),
          ),
          'saved as a draft',
        ),
      ),
    )
}

function addList(campaigns: Command): void {
  paged(campaigns.command('list'), 'id')
    .option('--status <status>', `only ${campaignStatuses.join(', ')}`, oneOf(campaignStatuses))
    .option('--search <text>', 'only those whose name has this text', text)
    .option('--tag <tag>', 'only those with this tag', text)
    .description('Campaigns with their results, newest first.')
    .action(
      action(async (host, { status, search, tag, ...flags }: ListFlags) => {
        const query = { beforeId: flags.after, status, q: search, tag, limit: limitOf(flags) }
        const found = await host.withApp(async (app) => (await list()).pageWholeCampaigns(app.ctx, query))
        const shown = cutPage(host, found, flags, ({ id }) => id)
        host.output.result(shown, () =>
          host.output.table(
            ['id', 'name', 'status', 'sender', 'audience', 'delivered', 'read', 'failed', 'next run'],
            shown.map((campaign) => [
              campaign.id,
              campaign.name,
              statusOf(campaign),
              campaign.sender,
              campaign.results.audience,
              campaign.results.delivered,
              campaign.results.read,
              campaign.results.failed,
              nextRunText(campaign),
            ]),
            status === undefined && search === undefined && tag === undefined && flags.after === undefined
              ? 'No campaigns yet: herald campaigns add FILE.yaml.'
              : 'No campaigns found.',
          ),
        )
      }),
    )
}

interface ListFlags extends PageFlags {
  status?: CampaignStatus
  search?: string
  tag?: string
}

function statusOf({ status, reachedNobody }: Pick<CampaignView, 'status' | 'reachedNobody'>): string {
  return reachedNobody ? `${status}, nobody got it` : status
}

/** In recipients' zones the time that each of their clocks shows. */
function nextRunText({ nextRunAt, nextRunLocal }: NextRun): string | null {
  return nextRunLocal === null ? nextRunAt : `${nextRunLocal} on each recipient's clock`
}

function addShow(campaigns: Command): void {
  campaigns
    .command('show')
    .argument('<campaign>', 'name or id')
    .description('One campaign with its definition.')
    .action(
      action(async (host, name: string) => {
        const campaign = await host.withApp(async (app) => (await view()).showCampaign(app.ctx, name))
        host.output.result(campaign, () => {
          host.output.facts([
            ['id', campaign.id],
            ['status', statusOf(campaign)],
            ['paused for', campaign.pauseReason && pauseText(campaign.pauseReason, campaign.pauseDetail)],
            ['launched', campaign.launchedAt],
            ['next run', nextRunText(campaign)],
            ['revision', campaign.revision],
          ])
          showTimes(host.output, campaign.understood)
          showTroubles(host.output, campaign.troubles)
          host.output.line()
          host.output.lines(loadYaml().stringify(campaign.definition).trimEnd())
        })
      }),
    )
}

function addEdit(campaigns: Command): void {
  campaigns
    .command('edit')
    .argument('<campaign>', 'name or id')
    .argument('<file>', 'the whole new definition')
    .option('--now', 'start now although the new time is past')
    .description('Save a new revision of a campaign that has not ended; what is planned keeps the old one.')
    .action(
      action(async (host, name: string, file: string, flags: { now?: boolean }) => {
        const options = { isSendNow: flags.now ?? false }
        const saved = await host.withApp(async (app) =>
          (await drafts()).editCampaign(app.ctx, name, readDefinitionFile(file, 'campaign'), options),
        )
        answer(host, saved, 'saved')
      }),
    )
}

function addClone(campaigns: Command): void {
  campaigns
    .command('clone')
    .argument('<campaign>', 'name or id')
    .option('--name <name>', 'name of the copy', text)
    .option('--remaining', 'only people who got nothing: cancelled, expired, failed, skipped')
    .description('A draft with the same definition.')
    .action(
      action(async (host, name: string, flags: { name?: string; remaining?: boolean }) => {
        const clone = await host.withApp(async (app) =>
          (await drafts()).cloneCampaign(app.ctx, name, {
            ...(flags.name && { name: flags.name }),
            ...(flags.remaining && { isRemaining: true }),
          }),
        )
        answer(host, clone, 'saved as a draft')
      }),
    )
}

interface LaunchFlags {
  now?: boolean
  evenIfNobody?: boolean
  confirmedCount?: number
}

function addLaunch(campaigns: Command): void {
  campaigns
    .command('launch')
    .argument('<campaign>', 'name or id')
    .option('--now', 'start now although the time of its schedule is past')
    .option('--even-if-nobody', 'launch it although nobody will get it')
    .option(
      '--confirmed-count <people>',
      'how many people will get it; another number refuses the launch',
      wholeNumber(0, COUNT_MAX),
    )
    .description('Check every recipient, then hand the campaign to the schedule. The service (herald start) sends it.')
    .action(
      action(async (host, name: string, flags: LaunchFlags) => {
        using progress = host.progress()
        const launched = await host.withApp(async (app) =>
          (await launch()).launchByOperator(app.ctx, name, {
            isSendNow: flags.now ?? false,
            isEvenIfNobody: flags.evenIfNobody,
            confirmedCount: flags.confirmedCount,
            onProgress: (state) => progress.show(state),
          }),
        )
        progress.clear()
        answer(host, launched, launchedText(launched))
      }),
    )
}

function launchedText({ reach, ...next }: LaunchedView): string {
  const nextRun = nextRunText(next)
  const launched = nextRun === null ? 'launched' : `launched, next run ${nextRun}`
  if (reach === null) return launched
  const { people, recipients, leftOutBy } = reach
  const rest = recipients === people ? '' : ` of ${people} (${leftOutText(leftOutBy)})`
  return `${launched}; ${counted(recipients, 'person', 'people')}${rest} will get it`
}

function addPause(campaigns: Command): void {
  campaigns
    .command('pause')
    .argument('<campaign>', 'name or id')
    .description('Nothing more leaves; what is on the wire finishes.')
    .action(
      action(async (host, name: string) => {
        const paused = await host.withApp(async (app) => (await lifecycle()).pauseByOperator(app.ctx, name))
        answer(host, paused, paused.onTheWire > 0 ? `paused; ${paused.onTheWire} were already on the wire` : 'paused')
      }),
    )
}

function addResume(campaigns: Command): void {
  campaigns
    .command('resume')
    .argument('<campaign>', 'name or id')
    .option('--acknowledge', 'confirm that the cause of an automatic pause is fixed')
    .description('Go on where it stopped.')
    .action(
      action(async (host, name: string, flags: { acknowledge?: boolean }) => {
        const resumed = await host.withApp(async (app) =>
          (await lifecycle()).resumeByOperator(app.ctx, name, { isAcknowledged: flags.acknowledge ?? false }),
        )
        answer(
          host,
          resumed,
          resumed.willExpire > 0
            ? `resumed; the validity of ${resumed.willExpire} messages is over, they will expire`
            : 'resumed',
        )
      }),
    )
}

function addCancel(campaigns: Command): void {
  campaigns
    .command('cancel')
    .argument('<campaign>', 'name or id')
    .option('--yes', 'do it without asking')
    .description('End it for good: waiting messages are cancelled, what is on the wire finishes.')
    .action(
      action(async (host, name: string, flags: { yes?: boolean }) => {
        const isAnswered = flags.yes ?? host.output.isJson
        await host.confirm(`Cancel "${name}" for good?`, isAnswered, async (app) =>
          (await view()).showCampaign(app.ctx, name),
        )
        const cancelled = await host.withApp(async (app) => (await lifecycle()).cancelByOperator(app.ctx, name))
        answer(
          host,
          cancelled,
          `cancelled; ${cancelled.cancelled} messages will not be sent. To send to them after all: herald campaigns clone --remaining`,
        )
      }),
    )
}

function addArchive(campaigns: Command): void {
  campaigns
    .command('archive')
    .argument('<campaign>', 'name or id')
    .description('Put away a draft or an ended campaign.')
    .action(
      action(async (host, name: string) =>
        answer(
          host,
          await host.withApp(async (app) => (await lifecycle()).archiveByOperator(app.ctx, name)),
          'archived',
        ),
      ),
    )
}

function addTest(campaigns: Command): void {
  campaigns
    .command('test')
    .argument('<campaign>', 'name or id')
    .requiredOption('--to <phone>', 'phone with +', text)
    .description('Send one test message; caps, quiet hours and reports know nothing of it.')
    .action(
      action(async (host, name: string, flags: { to: string }) => {
        const test = await host.withApp(async (app) =>
          (await foreground()).sendTest(app.ctx, await app.connections(), name, flags.to),
        )
        host.output.result(test, () => {
          host.output.line(
            `${test.message} to ${test.phone}: ${test.status}${test.detail === null ? '' : `, ${test.detail}`}${test.trackingId === null ? '' : `, tracking id ${test.trackingId}`}`,
          )
          if (test.waitingFor !== null) host.output.line(waitLine({ ...test.waitingFor, count: 1 }))
        })
      }),
    )
}

function answer({ output }: Host, campaign: CampaignView, what: string): void {
  for (const warning of campaign.warnings) output.warn(warning)
  output.result(campaign, () => {
    output.line(`"${campaign.name}" (${campaign.id}) ${what}.`)
    showTimes(output, campaign.understood)
  })
}
