// A choice of a country, named in the reader's language.
import { callingCodeOfCountry, listCountries } from '../../domain/numbering-plan.ts'
import type { FormErrors } from '../page.ts'
import { Select } from './form.tsx'

interface CountryProps {
  name: string
  label: string
  value?: string | undefined
  locale: string
  /** Said for no country. */
  none: string
  help?: string
  errors?: FormErrors
}

export function CountrySelect({ name, label, value, locale, none, help, errors }: CountryProps) {
  const names = new Intl.DisplayNames(locale, { type: 'region' })
  const countries = listCountries()
    .map((code) => [code, `${names.of(code) ?? code} (+${callingCodeOfCountry(code)})`] as const)
    .sort(([, a], [, b]) => a.localeCompare(b, locale))
  return (
    <Select
      name={name}
      label={label}
      value={value ?? ''}
      options={[['', none], ...countries]}
      {...(help !== undefined && { help })}
      {...(errors !== undefined && { errors })}
    />
  )
}
