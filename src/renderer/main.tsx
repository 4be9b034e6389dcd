// The window begins here: follow the engine, draw what it says.

import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { client } from './bridge.ts'
import { follow } from './store/feed.ts'
import './styles/base.css'

follow(client)
const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
