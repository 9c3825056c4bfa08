import { describe, expect, it } from 'vitest'
import { dashboards, repeated } from './dashboards.ts'

describe('the dashboards', () => {
  it('are four, and none takes the place of another', () => {
    expect(dashboards()).toHaveLength(4)
    expect(repeated(dashboards().map(({ uid }) => uid))).toEqual([])
    expect(repeated(dashboards().map(({ title }) => title))).toEqual([])
  })

  it('have panels that Grafana can tell apart and that do not lie on each other', () => {
    for (const { file, panels } of dashboards()) {
      expect(repeated(panels.map(({ id }) => id)), file).toEqual([])
      const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
        Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
      )
      expect(repeated(cells), file).toEqual([])
      for (const { gridPos } of panels) expect(gridPos.x + gridPos.w, file).toBeLessThanOrEqual(24)
    }
  })
})
