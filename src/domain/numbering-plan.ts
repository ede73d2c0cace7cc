// Verdicts on plain E.164 numbers from libphonenumber's own metadata, compiled to regular expressions once:
// about twenty times the library's parser. It answers only for numbers that are valid; the library judges the rest.
import { type CountryCode, Metadata, type MetadataJson } from 'libphonenumber-js/core'
import metadata from 'libphonenumber-js/metadata.max.json'

/** Kinds of line that WhatsApp cannot be on, or that cost the person called. */
export type LineType =
  | 'FIXED_LINE'
  | 'MOBILE'
  | 'FIXED_LINE_OR_MOBILE'
  | 'TOLL_FREE'
  | 'PREMIUM_RATE'
  | 'PERSONAL_NUMBER'
  | 'VOICEMAIL'
  | 'UAN'
  | 'PAGER'
  | 'VOIP'
  | 'SHARED_COST'

interface CountryPlan {
  country: CountryCode
  general: RegExp
  leading: RegExp | undefined
  mobileLengths: number[]
  types: [LineType, RegExp][]
}

export interface PlanVerdict {
  country: CountryCode
  type: LineType
}

/** The order in which the library asks; the first type that matches names the number. */
const typeOrder: LineType[] = [
  'FIXED_LINE',
  'MOBILE',
  'PREMIUM_RATE',
  'TOLL_FREE',
  'SHARED_COST',
  'VOIP',
  'PERSONAL_NUMBER',
  'PAGER',
  'UAN',
  'VOICEMAIL',
]

/** What the metadata class has at run time and its type declarations leave out. */
interface FullPlan {
  nationalNumberPattern(): string
  leadingDigits(): string | undefined
  nationalPrefix(): string | undefined
  IDDPrefix(): string | undefined
  callingCode(): string
  type(type: string): { pattern(): string | undefined; possibleLengths(): number[] | undefined } | undefined
  possibleLengths(): number[]
}

const callingCodes = (metadata as MetadataJson).country_calling_codes as Record<string, CountryCode[]>
const plansByCode = new Map<string, CountryPlan[]>()
const exitCodes = new Map<CountryCode, RegExp>()

function planOf(country: CountryCode): FullPlan {
  const plan = new Metadata(metadata as MetadataJson)
  plan.selectNumberingPlan(country)
  return plan.numberingPlan as unknown as FullPlan
}

function whole(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`)
}

function compile(country: CountryCode): CountryPlan {
  const plan = planOf(country)
  const leading = plan.leadingDigits()
  const types = typeOrder.flatMap((type): [LineType, RegExp][] => {
    const pattern = plan.type(type)?.pattern()
    return pattern ? [[type, whole(pattern)]] : []
  })
  return {
    country,
    general: whole(plan.nationalNumberPattern()),
    leading: leading ? new RegExp(`^(?:${leading})`) : undefined,
    mobileLengths: plan.type('MOBILE')?.possibleLengths() ?? plan.possibleLengths(),
    types,
  }
}

function plansOf(code: string): CountryPlan[] {
  const known = plansByCode.get(code)
  if (known !== undefined) return known
  const plans = (callingCodes[code] ?? []).map(compile)
  plansByCode.set(code, plans)
  return plans
}

/** The calling code that a string of digits begins with. No code is the beginning of another. */
export function callingCodeOf(digits: string): string | undefined {
  for (const length of [1, 2, 3]) {
    const code = digits.slice(0, length)
    if (code in callingCodes) return code
  }
  return undefined
}

/** ISO codes of all countries that have numbers. */
export function listCountries(): CountryCode[] {
  return Object.keys((metadata as MetadataJson).countries) as CountryCode[]
}

export function isCountry(text: string): text is CountryCode {
  return Object.hasOwn((metadata as MetadataJson).countries, text)
}

export function callingCodeOfCountry(country: CountryCode): string {
  return planOf(country).callingCode()
}

/** The country that a calling code is mostly for: US for 1, GB for 44. */
export function mainCountryOf(digits: string): CountryCode | undefined {
  return callingCodes[callingCodeOf(digits) ?? '']?.[0]
}

/** The digit written before a national number (0 in most countries); undefined where none is, or where it is optional (+1). */
export function trunkPrefixOf(country: CountryCode): string | undefined {
  const prefix = planOf(country).nationalPrefix()
  return prefix && prefix !== callingCodeOfCountry(country) ? prefix : undefined
}

/** What follows the prefix that people of a country dial for calls abroad (011 in the US, 010 in Japan); undefined without one. */
export function behindExitCode(digits: string, country: CountryCode): string | undefined {
  const exit = exitCodes.get(country) ?? new RegExp(`^(?:${planOf(country).IDDPrefix() ?? '(?!)'})`)
  exitCodes.set(country, exit)
  const found = exit.exec(digits)
  return found === null ? undefined : digits.slice(found[0].length)
}

/** How many digits mobile numbers have behind a calling code, smallest first. */
export function mobileLengthsOf(code: string): number[] {
  return [...new Set(plansOf(code).flatMap((plan) => plan.mobileLengths))].sort((a, b) => a - b)
}

/** Country and type of a valid number, given as digits with the calling code; undefined when it is not valid. */
export function judgeNumber(digits: string): PlanVerdict | undefined {
  const code = callingCodeOf(digits)
  if (code === undefined) return undefined
  const national = digits.slice(code.length)
  for (const plan of plansOf(code)) {
    if (plan.leading !== undefined) {
      if (!plan.leading.test(national)) continue
    } else if (typeIn(plan, national) === undefined) continue
    const type = typeIn(plan, national)
    return type === undefined ? undefined : { country: plan.country, type }
  }
  return undefined
}

function typeIn(plan: CountryPlan, national: string): LineType | undefined {
  if (!plan.general.test(national)) return undefined
  const found = plan.types.find(([, pattern]) => pattern.test(national))?.[0]
  if (found !== 'FIXED_LINE') return found
  const mobile = plan.types.find(([type]) => type === 'MOBILE')?.[1]
  return mobile === undefined || mobile.test(national) ? 'FIXED_LINE_OR_MOBILE' : 'FIXED_LINE'
}
