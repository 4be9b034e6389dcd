// If drawing a screen fails, which is a mistake of ours, a person is told so instead of being shown nothing.

import { Component, type ReactNode } from 'react'
import { arrange } from '../../store/desk.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import { CardScreen } from '../../ui/card-screen.tsx'
import { WarningIcon } from '../../ui/icons.tsx'
import closed from '../closed/closed.module.css'

interface StumblesProps {
  readonly children: ReactNode
}

export class Stumbles extends Component<StumblesProps, { readonly stumbled: boolean }> {
  override readonly state = { stumbled: false }

  static getDerivedStateFromError(): { stumbled: boolean } {
    return { stumbled: true }
  }

  /** From the list: what was open may be what could not be drawn. */
  readonly #again = (): void => {
    arrange({ open: null, dialog: null, editing: null, relayView: false })
    this.setState({ stumbled: false })
  }

  override render(): ReactNode {
    if (!this.state.stumbled) return this.props.children
    return (
      <CardScreen
        urgent
        icon={
          <span className={closed.icon}>
            <WarningIcon />
          </span>
        }
        title={say('stumbled.title')}
        text={say('stumbled.text')}
      >
        <Button look="primary" wide autoFocus onClick={this.#again}>
          {say('stumbled.again')}
        </Button>
      </CardScreen>
    )
  }
}
