// What a text of a person names: an id as it is shown, a name as it is spelled, the digits of an id, a name in any spelling,
// in this order. Pages and answers refer by id, so no name may come before it.
import { findIdIn, findWholeIdIn, type IdKind } from '../domain/ids.ts'

interface Ways<T> {
  byId(id: number): Promise<T | undefined>
  bySpelling(name: string): Promise<T | undefined>
  byAnySpelling(name: string): Promise<T | undefined>
}

export async function findByIdOrName<T>(
  kind: IdKind,
  idOrName: string | number,
  { byId, bySpelling, byAnySpelling }: Ways<T>,
): Promise<T | undefined> {
  if (typeof idOrName === 'number') return byId(idOrName)
  const byIdIfAny = async (id: number | undefined) => (id === undefined ? undefined : byId(id))
  return (
    (await byIdIfAny(findWholeIdIn(kind, idOrName))) ??
    (await bySpelling(idOrName)) ??
    (await byIdIfAny(findIdIn(kind, idOrName))) ??
    (await byAnySpelling(idOrName))
  )
}
