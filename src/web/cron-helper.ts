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

/** The pattern of a choice; a time that cannot be read stays in it and is refused by name. */
export function cronOfHelper(kind: string, form: Form): string {
  const time = form['schedule/time'] ?? '09:00'
  const [, hour = time || '?', minute = '0'] = /^(\d{1,2}):(\d{2})$/.exec(time) ?? []
  const at = `${Number(minute)} ${/^\d+$/.test(hour) ? Number(hour) : hour}`
  if (kind === 'weekdays') return `${at} * * MON-FRI`
  if (kind === 'weekly') return `${at} * * ${form['schedule/weekday'] ?? 'MON'}`
  if (kind === 'monthly') return `${at} ${form['schedule/day'] || '1'} * *`
  return `${at} * * *`
}

/** The choice that a pattern stands for, or the pattern itself. */
export function helperOfCron(cron: string): Record<string, string> {
  const fields = namedFields(cron).trim().toUpperCase()
  const match = /^(\d{1,2}) (\d{1,2}) (\*|\d{1,2}) \* (\*|MON-FRI|[A-Z]{3})$/.exec(fields)
  if (match === null) return { 'schedule/kind': 'cron' }
  const [, minute = '', hour = '', day = '', weekday = ''] = match
  const time = { 'schedule/time': `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}` }
  if (day === '*' && weekday === '*') return { ...time, 'schedule/kind': 'daily' }
  if (day === '*' && weekday === 'MON-FRI') return { ...time, 'schedule/kind': 'weekdays' }
  if (day === '*' && weekdayOptions.some(([name]) => name === weekday))
    return { ...time, 'schedule/kind': 'weekly', 'schedule/weekday': weekday }
  return weekday === '*' ? { ...time, 'schedule/kind': 'monthly', 'schedule/day': day } : { 'schedule/kind': 'cron' }
}
