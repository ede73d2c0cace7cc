// The age of the time zone rules, told before an old rule moves a campaign by an hour.
import { expect, it } from 'vitest'
import { offsetMs } from '../../src/domain/time-zone.ts'
import { zoneDataAt } from '../../src/domain/zone-data.ts'

it.each([
  ['2025c', '2025-12-20', false],
  ['2025c', '2026-09-09', false],
  ['2025c', '2026-09-12', true],
  ['2025c', '2026-12-01', true],
  ['2024a', '2025-12-01', true],
  ['2026b', '2026-12-01', false],
  ['2026b', '2027-04-01', true],
  ['2031z', '2031-12-31', false],
  ['2031z', '2032-12-31', true],
])('I8: data %s at %s: it is old: %s', (version, day, isOld) => {
  const { version: shown, warning } = zoneDataAt(version, Date.parse(day))
  expect(shown).toBe(version)
  expect(warning === null).toBe(!isOld)
  if (isOld) expect(warning).toContain(`(${version}) is older than nine months`)
})

it('I8: data of an unknown version is of unknown age', () => {
  for (const version of ['unknown', '', '2025', 'x'.repeat(5)])
    expect(zoneDataAt(version, Date.UTC(2026, 0, 1)).warning).toContain('unknown age')
})

it.each([
  ['America/Vancouver', -7],
  ['America/Edmonton', -6],
])('I8: case 58: %s stays where it is in the winter of 2026, or the age of the data is warned of', (zone, hours) => {
  const at = Date.UTC(2026, 11, 1, 12)
  const knowsRule = offsetMs(zone, at) === hours * 3_600_000
  const { warning } = zoneDataAt(process.versions.tz ?? 'unknown', at)
  expect(knowsRule || warning !== null).toBe(true)
  expect(offsetMs(zone, Date.UTC(2026, 6, 1))).toBe(hours * 3_600_000)
})
