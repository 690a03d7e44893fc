//! Fetching, where it is Microsoft's own: letters one by one, several at a time.

use crate::{kept::simulator, office::fetch::four_hundred_and_then_nothing};

#[tokio::test(flavor = "multi_thread")]
async fn four_hundred_letters_come_byte_for_byte_and_four_at_a_time() {
    let simulator = simulator().await;
    four_hundred_and_then_nothing(&simulator).await;
    let most = simulator.with(|cloud| cloud.most_at_once);
    assert!((2..=4).contains(&most), "{most} at once");
}
