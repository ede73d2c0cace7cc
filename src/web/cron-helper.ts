// Cron patterns that people choose without knowing cron: every day, weekdays, one day of the week, one day of the month.
import { namedFields } from '../domain/cron.ts'
import type { Form } from './page.ts'

export const weekdayOptions = [
  ['MON', 'Monday'],
  ['TUE', 'Tuesday'],
  ['WED', 'Wednesday'],
  ['THU', 'Thursday'],
  ['FRI', 'Friday'],
  ['SAT', 'Saturday'],
  ['SUN', 'Sunday'],
] as const

/** The chosen days in the order of the week; Monday where none is chosen. */
export function weekdaysIn(form: Form): string[] {
  const chosen = new Set((form['schedule/weekday'] ?? '').split('\n'))
  const days = weekdayOptions.map(([name]) => name).filter((name) => chosen.has(name))
  return days.length === 0 ? ['MON'] : days
}

/** The pattern of a choice; a time that cannot be read stays in it and is refused by name. */
export function cronOfHelper(kind: string, form: Form): string {
  const time = form['schedule/time'] ?? '09:00'
  const [, hour = time || '?', minute = '0'] = /^(\d{1,2}):(\d{2})$/.exec(time) ?? []
  const at = `${Number(minute)} ${/^\d+$/.test(hour) ? Number(hour) : hour}`
  if (kind === 'weekdays') return `${at} * * MON-FRI`
  if (kind === 'weekly') return `${at} * * ${weekdaysIn(form).join(',')}`
  if (kind === 'monthly') return `${at} ${form['schedule/day'] || '1'} * *`
  return `${at} * * *`
}

/** The choice that a pattern stands for, or the pattern itself. */
export function helperOfCron(cron: string): Record<string, string> {
  const fields = namedFields(cron).trim().toUpperCase()
  const match = /^(\d{1,2}) (\d{1,2}) (\*|\d{1,2}) \* (\*|MON-FRI|[A-Z]{3}(?:,[A-Z]{3}){0,6})$/.exec(fields)
  if (match === null) return { 'schedule/kind': 'cron' }
  const [, minute = '', hour = '', day = '', weekday = ''] = match
  const time = { 'schedule/time': `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}` }
  if (day === '*' && weekday === '*') return { ...time, 'schedule/kind': 'daily' }
  if (day === '*' && weekday === 'MON-FRI') return { ...time, 'schedule/kind': 'weekdays' }
  const days = weekday.split(',')
  if (day === '*' && days.every((one) => weekdayOptions.some(([name]) => name === one)))
    return { ...time, 'schedule/kind': 'weekly', 'schedule/weekday': days.join('\n') }
  return weekday === '*' ? { ...time, 'schedule/kind': 'monthly', 'schedule/day': day } : { 'schedule/kind': 'cron' }
}
