/** For clusters whose dashboards are unused: a dashboard takes as long to start as everything else in a process. */
export const NO_DASHBOARD = {
  schedulerOptions: { dashboard: false },
  workerOptions: { dashboard: false },
} as const;
