// The value of --default-country: a country that has numbers, by its ISO 3166 code.
import { InvalidArgumentError } from 'commander'
import { countryMeant } from '../domain/country-name.ts'
import { isCountry } from '../domain/numbering-plan.ts'
import { once, type Parse } from './arguments.ts'

export const country: Parse<string> = once((value): string => {
  const code = value.trim().toUpperCase()
  if (isCountry(code)) return code
  const meant = countryMeant(value)
  throw new InvalidArgumentError(
    `${meant === undefined ? '' : `Did you mean ${meant}? `}Write the two letters of a country, for example DE.`,
  )
})
