using System.Globalization;

namespace Quorate.Contracts;

/// <summary>So many of a thing, in words.</summary>
public static class Counted
{
    /// <param name="number">0 or more.</param>
    /// <param name="one">The thing's name.</param>
    /// <param name="many">The name of several; null: with an s.</param>
    public static string Of(long number, string one, string? many = null) => string.Create(CultureInfo.InvariantCulture, $"{number:N0} {(number == 1 ? one : many ?? one + "s")}");
}
