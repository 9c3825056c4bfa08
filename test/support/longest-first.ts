import { BaseSequencer, type TestSpecification } from 'vitest/node'

// Begun last, each of these would run alone while the other workers have nothing left to do.
const longest = /\/test\/journeys\//

/** Begins with the files that take minutes; the rest in vitest's own order. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const takesLong = ({ moduleId }: TestSpecification) => longest.test(moduleId)
    return [...sorted.filter(takesLong), ...sorted.filter((file) => !takesLong(file))]
  }
}
