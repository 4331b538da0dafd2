using System.Text;

namespace Quorate.Engine.Triage.Agents;

/// <summary>Reads small texts from foreign servers with a limit on size and time.</summary>
internal static class BoundedHttp
{
    public const int MaxBytes = 1024 * 1024;

    /// <summary>The first <see cref="MaxBytes"/> of the body as UTF-8; null when the server does not answer 2xx in time.</summary>
    public static async Task<string?> GetTextAsync(HttpClient http, Uri url, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            using var response = await http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, both.Token);
            if (!response.IsSuccessStatusCode)
            {
                return null;
            }

            await using var body = await response.Content.ReadAsStreamAsync(both.Token);
            var buffer = new byte[MaxBytes];
            var length = await body.ReadAtLeastAsync(buffer, MaxBytes, throwOnEndOfStream: false, both.Token);
            return Encoding.UTF8.GetString(buffer, 0, length);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or InvalidOperationException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
