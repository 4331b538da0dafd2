namespace Quorate.Contracts;

/// <summary>What kind of mistake stopped the work; it decides the exit code and the HTTP status.</summary>
public enum ErrorKind
{
    /// <summary>The input or the usage is wrong (exit 2, HTTP 4xx).</summary>
    Input,

    /// <summary>Something needed is missing or unreachable (exit 3, HTTP 503).</summary>
    Missing,
}

/// <summary>The one exception family: an error that a person can act on, with a stable code and a hint.</summary>
public sealed class QuorateException : Exception
{
    public QuorateException(ErrorKind kind, string code, string message, string? hint = null, Exception? inner = null)
        : base(message, inner)
    {
        Kind = kind;
        Code = code;
        Hint = hint;
    }

    public ErrorKind Kind { get; }

    /// <summary>Stable, snake_case, for scripts.</summary>
    public string Code { get; }

    public string? Hint { get; }

    public static QuorateException Input(string code, string message, string? hint = null, Exception? inner = null) =>
        new(ErrorKind.Input, code, message, hint, inner);

    public static QuorateException Missing(string code, string message, string? hint = null, Exception? inner = null) =>
        new(ErrorKind.Missing, code, message, hint, inner);
}
