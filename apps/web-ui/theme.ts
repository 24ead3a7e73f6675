import { createTheme } from '@mantine/core'
import type { MantineColorsTuple } from '@mantine/core'

/** Cold blue-violet: the primary action, focus and selection; nothing else. */
const iris: MantineColorsTuple = [
  '#eef0ff',
  '#dfe2ff',
  '#c3c8ff',
  '#a5abff',
  '#8d94ff',
  '#7c83ff',
  '#5f66ec',
  '#5158dc',
  '#4248bd',
  '#343996',
]

/** Mantine draws its dark scheme from these: 0 text, 2 dimmed, 4 borders, 6 inputs, 7 the page. */
const dark: MantineColorsTuple = [
  '#e6e9ef',
  '#c3cad6',
  '#9aa4b5',
  '#7f8a9c',
  '#2b3341',
  '#232a37',
  '#171c26',
  '#0e1116',
  '#0b0e12',
  '#07090c',
]

export const theme = createTheme({
  primaryColor: 'iris',
  primaryShade: { light: 6, dark: 6 },
  colors: { iris, dark },
  defaultRadius: 8,
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: "'JetBrains Mono Variable', ui-monospace, monospace",
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  spacing: { xs: '4px', sm: '8px', md: '12px', lg: '16px', xl: '24px' },
  respectReducedMotion: true,
  cursorType: 'pointer',
  components: {
    Button: { defaultProps: { size: 'xs' } },
    TextInput: { defaultProps: { size: 'xs' } },
    Textarea: { defaultProps: { size: 'xs' } },
    NumberInput: { defaultProps: { size: 'xs' } },
    Select: { defaultProps: { size: 'xs', checkIconPosition: 'right' } },
    TagsInput: { defaultProps: { size: 'xs' } },
    MultiSelect: { defaultProps: { size: 'xs' } },
    SegmentedControl: { defaultProps: { size: 'xs' } },
    Switch: { defaultProps: { size: 'xs' } },
    Checkbox: { defaultProps: { size: 'xs' } },
    Menu: { defaultProps: { transitionProps: { duration: 90 }, shadow: 'md', position: 'bottom-end' } },
    Modal: {
      defaultProps: { transitionProps: { duration: 120 }, centered: true, overlayProps: { backgroundOpacity: 0.55 } },
    },
    Tooltip: {
      defaultProps: {
        openDelay: 250,
        transitionProps: { duration: 90 },
        withArrow: true,
        multiline: true,
        maw: 360,
        events: { hover: true, focus: true, touch: true },
      },
    },
  },
})
