import { defineConfig } from 'vite'
import react from '@vitejs/plugin-react'

const gateway = process.env['THERMOSPHERE_GATEWAY'] ?? 'http://127.0.0.1:8000'
const served = ['/mesos', '/agent', '/slave', '/service', '/thermosphere']

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: { outDir: 'dist', emptyOutDir: true, chunkSizeWarningLimit: 1000, modulePreload: { polyfill: false } },
  server: { host: '127.0.0.1', port: 5173, proxy: Object.fromEntries(served.map((path) => [path, gateway])) },
})
