// What a person is called, as far as the fields of their import tell.

const whole = ['name', 'full_name', 'fullname', 'nombre_completo']
const first = ['first_name', 'firstname', 'given_name', 'vorname', 'nombre', 'prenom']
const last = ['last_name', 'lastname', 'surname', 'family_name', 'nachname', 'apellido', 'apellidos', 'nom']

const parts = new Set([...whole, ...first, ...last])

/** Whether a field is a name or a part of one. */
export function isNameField(field: string): boolean {
  return parts.has(field)
}

/** Undefined where no field holds a name. */
export function nameOf(attributes: Readonly<Record<string, string>>): string | undefined {
  const firstFilled = (names: readonly string[]) =>
    names.map((name) => attributes[name]?.trim() ?? '').find((value) => value !== '') ?? ''
  const called = firstFilled(whole) || [firstFilled(first), firstFilled(last)].filter(Boolean).join(' ')
  return called === '' ? undefined : called
}
