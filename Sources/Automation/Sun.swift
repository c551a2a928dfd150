// SPDX-License-Identifier: Apache-2.0

/// Sunrise and sunset at a place: within two minutes up to 60° of latitude (NOAA's solar equations).
public struct Sun: Sendable, Equatable {
  public enum Event: String, Sendable, CaseIterable { case sunrise, sunset }

  /// Degrees, north and east positive.
  public var latitude: Double
  public var longitude: Double

  public init(latitude: Double, longitude: Double) {
    self.latitude = latitude
    self.longitude = longitude
  }

  /// Sun's centre below the horizon: refraction and half its width.
  private static let zenith = 90.833

  /// The first such event after an instant, in seconds since 1970; nil when there is none within a year:
  /// at the poles.
  public func next(_ event: Event, after seconds: Int64) -> Int64? {
    let day = seconds.floorDivided(by: 86_400)
    for ahead in Int64(-1)...366 {
      if let time = time(of: event, onDay: day + ahead), time > seconds { return time }
    }
    return nil
  }

  /// Of the local day that begins near `day` (days since 1970, UTC); nil: the sun stays up or down.
  func time(of event: Event, onDay day: Int64) -> Int64? {
    // Twice: the second time with the sun where it is at the event itself.
    var moment = Double(day) * 86_400 + 43_200 - longitude * 240
    for _ in 0..<2 {
      guard let next = estimate(event, Double(day), at: moment) else { return nil }
      moment = next
    }
    return Int64(moment.rounded())
  }

  private func estimate(_ event: Event, _ day: Double, at moment: Double) -> Double? {
    let centuries = (moment / 86_400 + 2_440_587.5 - 2_451_545) / 36_525
    let (declination, equation) = Self.sun(centuries)
    let latitude = latitude.radians
    let cosine =
      Trigonometry.cos(Self.zenith.radians) / (Trigonometry.cos(latitude) * Trigonometry.cos(declination))
      - Trigonometry.sin(latitude) * Trigonometry.sin(declination)
      / (Trigonometry.cos(latitude) * Trigonometry.cos(declination))
    guard abs(cosine) <= 1 else { return nil }
    let angle = Trigonometry.arcCosine(cosine) * 180 / .pi
    let noon = 720 - 4 * longitude - equation
    return day * 86_400 + (noon + (event == .sunrise ? -4 : 4) * angle) * 60
  }

  /// Declination in radians and the equation of time in minutes.
  private static func sun(_ t: Double) -> (Double, Double) {
    let meanLongitude = (280.46646 + t * (36_000.76983 + t * 0.0003032)).truncatingRemainder(dividingBy: 360)
    let anomaly = (357.52911 + t * (35_999.05029 - 0.0001537 * t)).radians
    let eccentricity = 0.016708634 - t * (0.000042037 + 0.0000001267 * t)
    let center =
      Trigonometry.sin(anomaly) * (1.914602 - t * (0.004817 + 0.000014 * t))
      + Trigonometry.sin(2 * anomaly) * (0.019993 - 0.000101 * t) + Trigonometry.sin(3 * anomaly) * 0.000289
    let node = (125.04 - 1934.136 * t).radians
    let apparent = (meanLongitude + center - 0.00569 - 0.00478 * Trigonometry.sin(node)).radians
    let obliquity = (23.4392911 - t * 0.0130042 + 0.00256 * Trigonometry.cos(node)).radians
    let sine = Trigonometry.sin(obliquity) * Trigonometry.sin(apparent)
    let declination = Double.pi / 2 - Trigonometry.arcCosine(sine)
    let half = Trigonometry.sin(obliquity / 2) / Trigonometry.cos(obliquity / 2)
    let y = half * half
    let longitude = meanLongitude.radians
    let equation =
      y * Trigonometry.sin(2 * longitude) - 2 * eccentricity * Trigonometry.sin(anomaly)
      + 4 * eccentricity * y * Trigonometry.sin(anomaly) * Trigonometry.cos(2 * longitude)
      - 0.5 * y * y * Trigonometry.sin(4 * longitude)
      - 1.25 * eccentricity * eccentricity * Trigonometry.sin(2 * anomaly)
    return (declination, 4 * equation * 180 / .pi)
  }
}

/// Without the C library, so that every machine computes the same; good to 1e-12.
enum Trigonometry {
  static func sin(_ angle: Double) -> Double {
    var x = angle.truncatingRemainder(dividingBy: 2 * .pi)
    if x > .pi { x -= 2 * .pi }
    if x < -.pi { x += 2 * .pi }
    var (term, sum) = (x, x)
    for index in 1...14 {
      term *= -x * x / Double(2 * index * (2 * index + 1))
      sum += term
    }
    return sum
  }

  static func cos(_ angle: Double) -> Double { sin(angle + .pi / 2) }

  /// 0…π, by halving: cosine falls there.
  static func arcCosine(_ value: Double) -> Double {
    var (low, high) = (0.0, Double.pi)
    for _ in 0..<52 {
      let middle = (low + high) / 2
      if cos(middle) > value { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}

extension Double {
  fileprivate var radians: Double { self * .pi / 180 }
}
