/** The chart of docs/performance.svg: how many times as long a peer takes as we do. */
import { init } from 'echarts'
import type { PeerRow } from './rows.js'

const width = 900
const barHeight = 13
const top = 60
const modes = ['train', 'infer', 'step']

/** One bar for each comparison, grouped by cell and mode; a line at 1, where both are equally fast. */
export function ratioChart(rows: readonly PeerRow[]): string {
  const label = ({ cell, case: of, mode }: PeerRow): string => `${cell}  ${of}  ${mode}`
  const order = ({ cell, mode }: PeerRow): string => `${cell} ${modes.indexOf(mode)}`
  const sorted = [...rows].sort((a, b) => order(a).localeCompare(order(b)))
  const labels = [...new Set(sorted.map(label))]
  const peers = [...new Set(rows.map(({ peer }) => peer))].sort()
  const height = top + 40 + labels.length * barHeight * peers.length
  // Without a document, and without a browser: the chart as text.
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    title: { text: 'time of the peer ∕ our time', left: 'center', top: 4, textStyle: { fontSize: 14 } },
    legend: { top: 28, itemGap: 40, data: peers },
    grid: { left: 210, right: 48, top, bottom: 8 },
    xAxis: { type: 'log', min: 0.25, position: 'top', splitLine: { show: true } },
    yAxis: {
      type: 'category',
      data: labels,
      inverse: true,
      axisLabel: { interval: 0, fontSize: 10 },
      axisTick: { show: false },
    },
    series: peers.map((peer, i) => ({
      name: peer,
      type: 'bar',
      barCategoryGap: '20%',
      data: labels.map((name) => rows.find((row) => row.peer === peer && label(row) === name)?.ratio ?? null),
      label: {
        show: true,
        position: 'right',
        fontSize: 9,
        formatter: ({ value }: { value?: unknown }) => (typeof value === 'number' ? value.toFixed(2) : ''),
      },
      ...(i === 0
        ? {
            markLine: {
              symbol: 'none',
              silent: true,
              label: { show: false },
              lineStyle: { color: '#000', type: 'solid' },
              data: [{ xAxis: 1 }],
            },
          }
        : {}),
    })),
  })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return svg
}
