//! What the adapters add to the layer, and that they take nothing from it.

mod axum;
mod hyper;
mod warp;
