// Countries by what people call them, where their two letters are asked for.
import { nearestWord } from './errors.ts'
import { isCountry, listCountries } from './numbering-plan.ts'

/** Names beside English, of the languages that the names of our columns have. */
const languages = ['en', 'de', 'es', 'fr', 'it', 'pt', 'nl', 'tr', 'ru']
/** Codes that are in use and are no ISO codes. */
const otherCodes: Record<string, string> = { UK: 'GB', EL: 'GR', ENG: 'GB', UAE: 'AE', USA: 'US', ROK: 'KR', KSA: 'SA' }

/** The country that is meant, by its name in one of many languages or by another code; undefined where none is near. */
export function countryMeant(text: string): string | undefined {
  const word = text.trim()
  const code = otherCodes[word.toUpperCase()]
  if (code !== undefined) return code
  if (word.length < 3) return undefined
  const names = new Map<string, string>()
  for (const language of languages) {
    const display = new Intl.DisplayNames([language], { type: 'region' })
    for (const country of listCountries())
      if (/^[A-Z]{2}$/.test(country)) names.set((display.of(country) ?? country).toLowerCase(), country)
  }
  const nearest = nearestWord(word, names.keys())
  return nearest === undefined ? undefined : names.get(nearest)
}

/** What is wrong with a country, and what it probably is. */
export function countryProblem(text: string): string {
  const meant = countryMeant(text)
  return meant === undefined || !isCountry(meant)
    ? 'is not the two letters of a country, for example DE'
    : `is not the two letters of a country: did you mean ${meant}?`
}
