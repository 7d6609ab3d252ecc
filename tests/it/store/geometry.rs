//! Every type of geometry comes back bit for bit.

use geo::CoordsIter;
use geo_types::{Coord, Geometry};
use zonewarden::domain::change::Change;
use zonewarden::domain::id::FacilityId;
use zonewarden::store::Basis;

use super::faces::founded;
use super::made::{Dice, city_id, stamp};
use super::places::{all, block_on};

fn bits(geometry: &Geometry<f64>) -> Vec<(u64, u64)> {
    geometry.coords_iter().map(|Coord { x, y }| (x.to_bits(), y.to_bits())).collect()
}

#[test]
fn every_type_of_geometry_comes_back_bit_for_bit() {
    block_on(async {
        for place in all().await {
            let store = place.open().await;
            founded(&store).await;
            let mut dice = Dice(11);
            let mut stored: Vec<_> = (0..60)
                .map(|n| {
                    let mut one = dice.facility();
                    one.id = FacilityId::new(&format!("f{n:02}")).unwrap();
                    one.geometry = dice.geometry(n);
                    one
                })
                .collect();
            // The last bits, the smallest numbers and the far corners count too.
            stored[0].geometry =
                geo_types::Point::new(f64::MIN_POSITIVE, 36.585_000_000_000_01).into();
            stored[1].geometry =
                geo_types::LineString::from(vec![(-180.0, -90.0), (180.0, 90.0), (-0.0, 0.0)])
                    .into();
            let changes = vec![Change::FacilitiesSet(stored.clone())];
            store.commit(stamp(1), Basis::default(), changes).await.unwrap();
            let read = store.load(&city_id()).await.unwrap().unwrap().facilities;
            assert_eq!(read, stored, "{}", place.name());
            for (read, stored) in read.iter().zip(&stored) {
                assert_eq!(bits(&read.geometry), bits(&stored.geometry), "{}", place.name());
            }
        }
    });
}
