// The zone of the team, in which new schedules of the pages begin. Stored schedules name their own: a change moves nothing.
import { checkTimeZone } from '../../domain/zone-name.ts'
import { findSetting, setSetting } from '../../store/settings.ts'
import type { Context } from '../context.ts'

/** The one of the configuration until another is chosen; undefined while neither says more than UTC, which nobody may have chosen. */
export async function findTeamZone(ctx: Context): Promise<string | undefined> {
  const { timeZone } = ctx.config
  return (await ctx.db.read((tx) => findSetting(tx, 'teamTimeZone'))) ?? (timeZone === 'UTC' ? undefined : timeZone)
}

/** Throws AppError zone.unknown. */
export async function setTeamZone(ctx: Context, written: string): Promise<string> {
  const timeZone = checkTimeZone(written.trim())
  await ctx.db.write((tx) => setSetting(tx, 'teamTimeZone', timeZone))
  return timeZone
}
