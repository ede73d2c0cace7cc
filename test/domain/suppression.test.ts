// What a suppression stops.
import { describe, expect, it } from 'vitest'
import { stops, useCases } from '../../src/domain/suppression.ts'

describe('a suppression', () => {
  it('of all stops everything, one of marketing stops marketing', () => {
    expect(useCases.map((useCase) => stops('all', useCase))).toEqual([true, true, true, true])
    expect(useCases.map((useCase) => stops('marketing', useCase))).toEqual([true, false, false, false])
  })
})
