namespace Quorate.Cli.Views;

/// <summary>Durations as people read them.</summary>
internal static class Duration
{
    public static string Text(double ms) => ms switch
    {
        < 1 => "<1 ms",
        < 1_000 => $"{ms:0} ms",
        < 60_000 => $"{ms / 1_000:0.0} s",
        _ => $"{(int)(ms / 60_000)} min {ms % 60_000 / 1_000:0} s",
    };
}
