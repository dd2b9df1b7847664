// An activity log in your page: <activity-log src token theme accent lang height>, events ready and token-expired.
customElements.define('activity-log', class extends HTMLElement {
  static observedAttributes = ['token', 'theme', 'accent', 'lang', 'height']
  constructor() { super().attachShadow({ mode: 'open' }) }
  connectedCallback() {
    const frame = document.createElement('iframe'), at = new URL(this.getAttribute('src')).origin
    frame.src = at + '/embed?host=' + origin
    frame.title = 'Activity log'
    frame.style = 'border:0;width:100%;height:720px'
    this.shadowRoot.replaceChildren(frame)
    let names
    this.tell = () => {
      const value = it => this.getAttribute(it) ?? getComputedStyle(this).getPropertyValue('--al-' + it)
      if (names) frame.contentWindow?.postMessage(names.map(value), at)
    }
    addEventListener('message', this.hear = ({ source, origin, data }) => {
      if (source != frame.contentWindow || origin != at) return
      if (data.names) names = data.names, this.tell()
      if (data.title) frame.title = data.title
      if (data.height) frame.style.height = data.height
      if (data.event) this.dispatchEvent(new CustomEvent(data.event, { bubbles: 1, composed: 1 }))
    })
  }
  disconnectedCallback() { removeEventListener('message', this.hear) }
  attributeChangedCallback() { this.tell?.() }
})
