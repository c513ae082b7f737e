/** For clusters whose dashboards no one looks at: to start one takes a process as long as everything else it does. */
export const NO_DASHBOARD = {
  schedulerOptions: { dashboard: false },
  workerOptions: { dashboard: false },
} as const;
