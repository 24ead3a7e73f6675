import {
  createSortedRowModel,
  rowSortingFeature,
  sortFn_alphanumeric,
  sortFn_basic,
  tableFeatures,
  useTable,
} from '@tanstack/react-table'
import type { ColumnDef, Row, RowData } from '@tanstack/react-table'
import { useVirtualizer } from '@tanstack/react-virtual'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import { useMemo, useRef } from 'react'
import type { CSSProperties, KeyboardEvent, MouseEvent, ReactNode } from 'react'

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { alphanumeric: sortFn_alphanumeric, basic: sortFn_basic },
})

export type Column<Item extends RowData> = {
  id: string
  header: string
  cell: (item: Item) => ReactNode
  sortBy?: (item: Item) => string | number
  align?: 'right'
  /** A track of the grid, such as `minmax(160px, 2fr)`. */
  width: string
  /** On a phone: the first line of the card, a labelled value, one without its label, a line of its own, or left out. */
  narrow?: 'title' | 'meta' | 'bare' | 'wide' | 'hide'
}

type DataTableProps<Item extends RowData> = {
  label: string
  items: readonly Item[]
  columns: readonly Column<Item>[]
  itemId: (item: Item) => string
  onOpen?: (item: Item) => void
  sort?: { id: string; desc: boolean }
  empty?: ReactNode
  maxHeight?: string
}

/** Above so many rows only those in view are in the document. */
const virtualFrom = 100
const rowHeight = 33

/** A sortable table with a sticky head, keys j/k and Enter, and cards on a phone. */
export function DataTable<Item extends RowData>(props: DataTableProps<Item>) {
  const { items, columns } = props
  const definitions = useMemo(
    () =>
      columns.map((column): ColumnDef<typeof features, Item> => ({
        id: column.id,
        header: column.header,
        accessorFn: (item) => column.sortBy?.(item) ?? '',
        enableSorting: column.sortBy !== undefined,
        sortFn: 'auto',
      })),
    [columns],
  )
  const table = useTable({
    features,
    columns: definitions,
    data: items,
    getRowId: (item: Item) => props.itemId(item),
    initialState: { sorting: props.sort === undefined ? [] : [props.sort] },
    enableSortingRemoval: false,
  })
  const rows = table.getRowModel().rows
  const scroller = useRef<HTMLDivElement>(null)
  const style = {
    '--columns': columns.map((column) => column.width).join(' '),
    ...(props.maxHeight === undefined ? {} : { maxHeight: props.maxHeight }),
  } as CSSProperties
  const sorting = table.state.sorting[0]
  return (
    <div className="table-scroll" ref={scroller} style={style}>
      <div className="table" role="table" aria-label={props.label} aria-rowcount={rows.length + 1}>
        <div role="rowgroup" className="table-head">
          <div role="row" className="table-row" aria-rowindex={1}>
            {columns.map((column) => (
              <HeadCell
                key={column.id}
                column={column}
                sorted={sorting?.id === column.id ? (sorting.desc ? 'descending' : 'ascending') : 'none'}
                onSort={() => table.getColumn(column.id)?.toggleSorting()}
              />
            ))}
          </div>
        </div>
        {rows.length > virtualFrom ? (
          <VirtualBody rows={rows} scroller={scroller} {...props} />
        ) : (
          <div role="rowgroup" className="table-body">
            {rows.map((row, index) => (
              <BodyRow key={row.id} row={row} index={index} {...props} />
            ))}
          </div>
        )}
      </div>
      {rows.length === 0 && props.empty}
    </div>
  )
}

function HeadCell<Item extends RowData>(props: {
  column: Column<Item>
  sorted: 'ascending' | 'descending' | 'none'
  onSort: () => void
}) {
  const { column, sorted } = props
  return (
    <div
      role="columnheader"
      className="table-cell"
      data-align={column.align}
      aria-sort={column.sortBy === undefined ? undefined : sorted}
    >
      {column.sortBy === undefined ? (
        column.header
      ) : (
        <button type="button" className="table-sort" onClick={props.onSort}>
          <span className="ellipsis">{column.header}</span>
          {sorted === 'ascending' && <IconArrowUp size={12} aria-hidden />}
          {sorted === 'descending' && <IconArrowDown size={12} aria-hidden />}
        </button>
      )}
    </div>
  )
}

type BodyProps<Item extends RowData> = DataTableProps<Item> & {
  rows: readonly Row<typeof features, Item>[]
  scroller: React.RefObject<HTMLDivElement | null>
}

function VirtualBody<Item extends RowData>(props: BodyProps<Item>) {
  const virtual = useVirtualizer({
    count: props.rows.length,
    getScrollElement: () => props.scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    getItemKey: (index) => props.rows[index]?.id ?? index,
  })
  return (
    <div role="rowgroup" className="table-body" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
      {virtual.getVirtualItems().map((item) => {
        const row = props.rows[item.index]
        if (row === undefined) return null
        return (
          <BodyRow
            key={item.key}
            {...props}
            row={row}
            index={item.index}
            measure={virtual.measureElement}
            style={{ position: 'absolute', top: 0, left: 0, right: 0, transform: `translateY(${item.start}px)` }}
          />
        )
      })}
    </div>
  )
}

type RowProps<Item extends RowData> = DataTableProps<Item> & {
  row: Row<typeof features, Item>
  index: number
  measure?: (element: Element | null) => void
  style?: CSSProperties
}

function BodyRow<Item extends RowData>(props: RowProps<Item>) {
  const { row, onOpen } = props
  const open = onOpen === undefined ? undefined : () => onOpen(row.original)
  return (
    <div
      role="row"
      className="table-row"
      aria-rowindex={props.index + 2}
      data-index={props.index}
      data-open={open === undefined ? undefined : ''}
      data-nav-row=""
      tabIndex={-1}
      ref={props.measure}
      style={props.style}
      onClick={(event) => open !== undefined && !isControl(event) && open()}
      onKeyDown={(event) =>
        open !== undefined && event.key === 'Enter' && event.target === event.currentTarget && open()
      }
    >
      {props.columns.map((column) => (
        <div
          key={column.id}
          role="cell"
          className="table-cell"
          data-align={column.align}
          data-narrow={column.narrow ?? 'meta'}
        >
          <span className="cell-label">{column.header}</span>
          {column.cell(row.original)}
        </div>
      ))}
    </div>
  )
}

/** A click on a link or button inside a row is its own. */
const isControl = (event: MouseEvent | KeyboardEvent) =>
  event.target instanceof Element && event.target.closest('a, button, input, [role="menuitem"]') !== null
