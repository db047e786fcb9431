"""What every benchmark needs: runs in turn, medians and spread, servers, load, tables and plots."""
