// Forms of numbers that their countries gave up. libphonenumber knows only the plans of today, so the changes are data here; whether
// a form of today is right is always asked of its metadata.
import { callingCodeOf, judgeNumber } from './numbering-plan.ts'

interface GivenUp {
  /** The calling code of the country. */
  code: string
  /** National digits as they were. */
  was: RegExp
  /** The national digits of today; several where the change depended on the operator. */
  becomes: (national: string) => string[]
  /**
   * `spelling`: still the same number, and WhatsApp itself writes it so. `renumbered`: everybody's number changed by one rule.
   * `probable`: the rule depended on the operator of that time.
   */
  kind: 'spelling' | 'renumbered' | 'probable'
}

export interface OldForm {
  kind: GivenUp['kind']
  /** With their calling code, as the plan of today has them; none where nothing of today fits. */
  modern: string[]
}

function inFront(prefix: string): GivenUp['becomes'] {
  return (national) => [prefix + national]
}

/** Vietnam, 2018: the first three digits of its eleven-digit mobiles (without the 0) became two. */
const vietnam: Record<string, string> = {
  120: '70',
  121: '79',
  122: '77',
  126: '76',
  128: '78',
  123: '83',
  124: '84',
  125: '85',
  127: '81',
  129: '82',
  162: '32',
  163: '33',
  164: '34',
  165: '35',
  166: '36',
  167: '37',
  168: '38',
  169: '39',
  186: '56',
  188: '58',
  199: '59',
}

/** Ivory Coast, 2021: Moov, MTN and Orange by the second digit of a mobile; of landlines only the operator knew. */
function ivoryCoast(national: string): string[] {
  if (/^[23]/.test(national)) return ['21', '25', '27'].map((prefix) => prefix + national)
  const second = Number(national[1])
  const prefix = second < 4 ? '01' : second < 7 ? '05' : '07'
  return [prefix + national]
}

const givenUp: GivenUp[] = [
  // Mexico, until 2019: 1 from abroad, 01, 044 and 045 within the country.
  { code: '52', was: /^(?:1|01|044|045)\d{10}$/, becomes: (national) => [national.slice(-10)], kind: 'spelling' },
  // Brazil, until 2016: mobiles got a ninth digit, landlines (2–5) never did.
  {
    code: '55',
    was: /^\d{2}[6-9]\d{7}$/,
    becomes: (national) => [`${national.slice(0, 2)}9${national.slice(2)}`],
    kind: 'spelling',
  },
  // Benin, 2024: every number.
  { code: '229', was: /^\d{8}$/, becomes: inFront('01'), kind: 'renumbered' },
  { code: '225', was: /^\d{8}$/, becomes: ivoryCoast, kind: 'probable' },
  {
    code: '84',
    was: /^1(?:2[0-9]|6[2-9]|8[68]|99)\d{7}$/,
    becomes: (national) => [(vietnam[national.slice(0, 3)] ?? '') + national.slice(3)],
    kind: 'renumbered',
  },
  // Cameroon, 2014: landlines (2, 3) and mobiles.
  {
    code: '237',
    was: /^[2-9]\d{7}$/,
    becomes: (national) => [(/^[23]/.test(national) ? '2' : '6') + national],
    kind: 'renumbered',
  },
  // Colombia, 2021: landlines.
  { code: '57', was: /^[1-8]\d{7}$/, becomes: inFront('60'), kind: 'renumbered' },
  // Chile, Ecuador and Mauritius: mobiles.
  { code: '56', was: /^[4-9]\d{7}$/, becomes: inFront('9'), kind: 'renumbered' },
  { code: '593', was: /^[89]\d{7}$/, becomes: inFront('9'), kind: 'renumbered' },
  { code: '230', was: /^[479]\d{6}$/, becomes: inFront('5'), kind: 'renumbered' },
]

/** What a number that is in no plan of today was before; undefined when it is no old form either. */
export function findOldForm(digits: string): OldForm | undefined {
  const code = callingCodeOf(digits)
  const national = digits.slice(code?.length ?? 0)
  const change = givenUp.find((known) => known.code === code && known.was.test(national))
  if (change === undefined || judgeNumber(digits) !== undefined) return undefined
  const modern = change.becomes(national).map((today) => `${change.code}${today}`)
  return { kind: change.kind, modern: modern.filter((number) => judgeNumber(number) !== undefined) }
}
