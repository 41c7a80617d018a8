#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Fetches the data sets of the benchmarks from Debian's packages, as plain numbers with one
# header line each. Their licences are those of the packages; nothing of them is in this repository.
# Usage: bash bench/data/fetch.sh DIRECTORY      (files that are there are left alone)
set -euo pipefail
mkdir -p "$1"
cd "$1"
[ -f diamonds.csv ] && [ -f letter.csv ] && [ -f satellite.csv ] && [ -f colorado.csv ] && exit 0

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
chmod 755 "$scratch"
(
  cd "$scratch"
  apt-get download -qq r-cran-ggplot2 r-cran-mlbench r-cran-fields >&2
  for package in *.deb; do dpkg -x "$package" .; done
)
Rscript --vanilla - "$scratch/usr/lib/R/site-library" <<'R'
library <- commandArgs(trailingOnly = TRUE)[1]
data_of <- function(package) {
  found <- new.env()
  base <- file.path(library, package, "data")
  if (file.exists(file.path(base, "Rdata.rdx"))) {
    lazyLoad(file.path(base, "Rdata"), envir = found)
  } else {
    for (file in list.files(base, "[.]rda$", full.names = TRUE)) load(file, envir = found)
  }
  found
}
write <- function(frame, name) {
  part <- paste0(name, ".part")
  write.csv(format(frame, digits = 9, trim = TRUE), part, row.names = FALSE, quote = FALSE)
  invisible(file.rename(part, name))
}

# Grades are counted from 0; the target is last.
d <- as.data.frame(data_of("ggplot2")$diamonds)
for (name in c("cut", "color", "clarity")) d[[name]] <- as.integer(d[[name]]) - 1L
d <- d[c("carat", "cut", "color", "clarity", "depth", "table", "x", "y", "z", "price")]
d$price <- log(d$price)
names(d)[10] <- "log_price"
write(d, "diamonds.csv")

l <- data_of("mlbench")$LetterRecognition
write(cbind(l[-1], class = as.integer(l$lettr) - 1L), "letter.csv")

s <- data_of("mlbench")$Satellite
write(cbind(s[-37], class = as.integer(s$classes) - 1L), "satellite.csv")

# Monthly means of daily maximum temperatures: years x months x stations.
met <- data_of("fields")
at <- which(!is.na(met$CO.tmax), arr.ind = TRUE)
angle <- 2 * pi * (at[, 2] - 1) / 12
write(data.frame(longitude = met$CO.loc[at[, 3], 1], latitude = met$CO.loc[at[, 3], 2],
                 elevation = met$CO.elev[at[, 3]], year = met$CO.years[at[, 1]],
                 month_cos = cos(angle), month_sin = sin(angle), tmax = met$CO.tmax[at]),
      "colorado.csv")
R
