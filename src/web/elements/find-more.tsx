// Looks for more to choose from than a form offers at once. The form goes round through the server, so it works without scripts.
interface FindMoreProps {
  name: string
  label: string
  value: string | undefined
  /** Whether there are others than those that are offered. */
  hasMore: boolean
}

export function FindMore({ name, label, value = '', hasMore }: FindMoreProps) {
  return (
    <div class="find">
      <div class="field">
        <label for={name}>{label}</label>
        <input id={name} name={name} type="search" value={value} maxlength={200} placeholder="a part of the name" />
      </div>
      <button class="second" type="submit" name="act" value="check">
        Find<span class="unseen">: {label}</span>
      </button>
      {hasMore && <p class="soft">Not all fit here: look for the others by name.</p>}
    </div>
  )
}
