import { Background, Controls, Handle, MarkerType, Position, ReactFlow } from '@xyflow/react'
import type { Node, NodeProps } from '@xyflow/react'
import '@xyflow/react/dist/style.css'
import { useComputedColorScheme } from '@mantine/core'
import { useMemo } from 'react'
import { useNavigate } from 'react-router'
import { paths } from '../../../paths.ts'
import { StatusWord } from '../../../ui/StatusMark.tsx'
import { layOutGraph } from './job-graph.ts'
import type { JobView } from '../job-view.ts'
import '../jobs.css'

type JobNode = Node<{ view: JobView; isFocus: boolean }, 'job'>

function JobBox({ data }: NodeProps<JobNode>) {
  const { view, isFocus } = data
  return (
    <div className="graph-node" data-focus={isFocus ? '' : undefined}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <StatusWord status={view.status} word={view.name} />
      <small className="ellipsis">{view.word === '' ? view.when : `${view.word} · ${view.when}`}</small>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  )
}

const nodeTypes = { job: JobBox }

/** Which job follows which, coloured by state; a click opens the job. */
export function JobGraph({ views, focus, isSmall }: { views: readonly JobView[]; focus?: string; isSmall?: boolean }) {
  const navigate = useNavigate()
  const scheme = useComputedColorScheme('dark')
  const { nodes, edges } = useMemo(() => {
    const graph = layOutGraph(views)
    return {
      nodes: graph.nodes.map(({ id, x, y, view }): JobNode => ({
        id,
        type: 'job',
        position: { x, y },
        data: { view, isFocus: id === focus },
        ariaLabel: `${id}: ${view.word}`,
      })),
      edges: graph.edges.map((edge) => ({ ...edge, markerEnd: { type: MarkerType.ArrowClosed } })),
    }
  }, [views, focus])
  return (
    <div
      className="graph"
      data-small={isSmall === true ? '' : undefined}
      role="figure"
      aria-label="Dependencies of jobs"
    >
      <ReactFlow
        colorMode={scheme}
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        fitView
        fitViewOptions={{ maxZoom: 1, padding: 0.12 }}
        minZoom={0.1}
        preventScrolling={isSmall !== true}
        zoomOnScroll={isSmall !== true}
        onNodeClick={(_, node) => void navigate(paths.job(node.id))}
      >
        <Background gap={24} size={1} color="var(--ts-border)" />
        <Controls showInteractive={false} />
      </ReactFlow>
    </div>
  )
}
