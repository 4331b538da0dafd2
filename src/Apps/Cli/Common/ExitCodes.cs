using Quorate.Contracts;

namespace Quorate.Cli.Common;

/// <summary>The listed contract of exit codes; scripts rely on it.</summary>
internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>The work was done and its outcome is negative.</summary>
    public const int Negative = 1;
    public const int BadInput = 2;

    /// <summary>Something needed is missing or unreachable.</summary>
    public const int Missing = 3;
    public const int Interrupted = 130;

    public static int For(ErrorKind kind) => kind == ErrorKind.Input ? BadInput : Missing;
}
