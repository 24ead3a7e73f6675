import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { useEffect, useRef } from 'react'
import { useComputedColorScheme } from '@mantine/core'
import { clock } from '../text/format.ts'

type HistoryChartProps = {
  label: string
  /** Milliseconds. */
  times: readonly number[]
  values: readonly number[]
  max: number
  colour: string
  format: (value: number) => string
  height?: number
  utc: boolean
}

/** One line over time with its area; the cursor is shared by all charts of a page. */
export function HistoryChart(props: HistoryChartProps) {
  const holder = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot>(undefined)
  const latest = useRef(props)
  latest.current = props
  const scheme = useComputedColorScheme('dark')
  const height = props.height ?? 64
  useEffect(() => {
    const element = holder.current
    if (element === null) return
    const plot = new uPlot(optionsOf(element, latest, height), dataOf(latest.current), element)
    chart.current = plot
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }))
    observer.observe(element)
    return () => {
      observer.disconnect()
      plot.destroy()
    }
  }, [scheme, height])
  useEffect(() => chart.current?.setData(dataOf(props)), [props])
  return (
    <div
      ref={holder}
      role="img"
      aria-label={props.label}
      style={{ width: '100%', height, minWidth: 0, overflow: 'hidden' }}
    />
  )
}

const dataOf = (props: HistoryChartProps): uPlot.AlignedData => [props.times.map((at) => at / 1000), [...props.values]]

function optionsOf(element: HTMLElement, latest: React.RefObject<HistoryChartProps>, height: number): uPlot.Options {
  const style = getComputedStyle(element)
  const resolve = (colour: string) =>
    colour.startsWith('var(') ? style.getPropertyValue(colour.slice(4, -1)).trim() : colour
  const line = resolve(latest.current.colour)
  return {
    width: element.clientWidth,
    height,
    padding: [4, 0, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: 'history' }, y: false, points: { size: 6, fill: line } },
    scales: { y: { range: () => [0, Math.max(latest.current.max, 0.001)] } },
    axes: [{ show: false }, { show: false }],
    series: [{}, { stroke: line, width: 1.5, fill: `${line}2e`, points: { show: false } }],
    hooks: { setCursor: [(plot) => showTip(plot, element, latest.current)] },
  }
}

/** The value under the cursor goes to the tooltip of the element: no layout moves. */
function showTip(plot: uPlot, element: HTMLElement, props: HistoryChartProps): void {
  const index = plot.cursor.idx
  const at = index === null || index === undefined ? undefined : props.times[index]
  const value = index === null || index === undefined ? undefined : props.values[index]
  element.title =
    at === undefined || value === undefined ? '' : `${clock(at, { utc: props.utc })}: ${props.format(value)}`
}
