function parts(seconds: number): { readonly date: string; readonly time: string; readonly at: Date } {
  const at = new Date(seconds * 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  return {
    date: `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`,
    time: `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`,
    at,
  };
}

/** POSIX seconds as `YYYY-MM-DD HH:MM:SS ZONE` in local time. */
export function localTimeText(seconds: number): string {
  const { date, time, at } = parts(seconds);
  const zone = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' })
    .formatToParts(at)
    .find((part) => part.type === 'timeZoneName');
  return `${date} ${time} ${zone?.value ?? ''}`.trimEnd();
}

/** POSIX seconds as `YYYYMMDD_HHMMSS` in local time, for file names. */
export function fileStamp(seconds: number): string {
  const { date, time } = parts(seconds);
  return `${date.replaceAll('-', '')}_${time.replaceAll(':', '')}`;
}
